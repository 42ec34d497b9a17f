import { useState } from 'react';
import { Link, Navigate, useLocation } from 'react-router-dom';
import { useSession, useSessionState } from '../api/context.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import { usePageTitle } from '../shell/page.js';
import './account.css';
import { destinationOf } from './destination.js';
import { useSubmit } from './submit.js';

/** Sign in with a name or an e-mail address. */
export function SignIn() {
  usePageTitle('Sign in');
  const session = useSession();
  const state = useSessionState();
  const location = useLocation();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const submit = useSubmit({
    fields: ['login', 'password'],
    check: () => ({
      login: login === '' ? 'Enter your name or e-mail address.' : undefined,
      password: password === '' ? 'Enter your password.' : undefined,
    }),
    send: () => session.signIn({ login: login.trim(), password }),
  });

  if (state.name === 'signed-in') return <Navigate to={destinationOf(location.state)} replace />;
  return (
    <section className="account">
      <h1>Welcome back</h1>
      <form ref={submit.form} onSubmit={submit.onSubmit} noValidate>
        {submit.problem && <Notice level="error">{submit.problem}</Notice>}
        <Field label="Name or e-mail" name="login" autoComplete="username" autoCapitalize="none" autoFocus spellCheck={false}
          value={login} onValue={setLogin} error={submit.fieldErrors['login']} />
        <Field label="Password" name="password" type="password" autoComplete="current-password"
          value={password} onValue={setPassword} error={submit.fieldErrors['password']} />
        <button type="submit" className="button primary wide" disabled={submit.isBusy}>Sign in</button>
      </form>
      <p className="account-other">No account yet? <Link to="/register" state={location.state}>Sign up</Link></p>
    </section>
  );
}
