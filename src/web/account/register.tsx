import { useCallback, useState } from 'react';
import { Link, Navigate, useLocation } from 'react-router-dom';
import { useApi, useSession, useSessionState } from '../api/context.js';
import type { ServerInfo } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import { usePageTitle } from '../shell/page.js';
import './account.css';
import { destinationOf } from './destination.js';
import { accountErrors, PASSWORD_RULE, USERNAME_RULE } from './rules.js';
import { useSubmit } from './submit.js';

/** Make an account; the first one on a server becomes its admin. */
export function Register() {
  usePageTitle('Sign up');
  const api = useApi();
  const state = useSessionState();
  const location = useLocation();
  const { value: server } = usePolled(useCallback((signal) => api.server(signal), [api]), { everyMs: 0 });

  if (state.name === 'signed-in') return <Navigate to={destinationOf(location.state)} replace />;
  const isFirst = server?.hasAccounts === false;
  const isClosed = server?.registration === 'closed' && !isFirst;
  return (
    <section className="account">
      <h1>{isFirst ? 'Set up this server' : 'Make your channel'}</h1>
      <Introduction server={server} isFirst={isFirst} />
      {isClosed ? null : <RegisterForm isFirst={isFirst} />}
      <p className="account-other">Have an account? <Link to="/login" state={location.state}>Sign in</Link></p>
    </section>
  );
}

function Introduction({ server, isFirst }: { server: ServerInfo | undefined; isFirst: boolean }) {
  if (isFirst) {
    return <Notice level="info">This is the first account on this server, so it becomes the <strong>admin</strong>.</Notice>;
  }
  if (server?.registration === 'closed') {
    return <Notice level="warn">This server takes no new accounts. Ask the person who runs it.</Notice>;
  }
  return <p className="account-lead">An account comes with a channel of your own.</p>;
}

function RegisterForm({ isFirst }: { isFirst: boolean }) {
  const session = useSession();
  const [username, setUsername] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const account = { username: username.trim(), email: email.trim(), password };
  const submit = useSubmit({
    fields: ['username', 'email', 'password'],
    check: () => ({ ...accountErrors(account) }),
    send: () => session.register(account),
  });
  return (
    <form ref={submit.form} onSubmit={submit.onSubmit} noValidate>
      {submit.problem && <Notice level="error">{submit.problem}</Notice>}
      <Field label="Name" name="username" autoComplete="username" autoCapitalize="none" autoFocus spellCheck={false}
        hint={USERNAME_RULE} value={username} onValue={setUsername} error={submit.fieldErrors['username']} />
      <Field label="E-mail" name="email" type="email" autoComplete="email"
        value={email} onValue={setEmail} error={submit.fieldErrors['email']} />
      <Field label="Password" name="password" type="password" autoComplete="new-password"
        hint={PASSWORD_RULE} value={password} onValue={setPassword} error={submit.fieldErrors['password']} />
      <button type="submit" className="button primary wide" disabled={submit.isBusy}>
        {isFirst ? 'Create the admin account' : 'Sign up'}
      </button>
    </form>
  );
}
