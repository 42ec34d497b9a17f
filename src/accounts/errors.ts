import { AppError } from '../platform/index.js';

/** No access token, or one that is no longer good. */
export class Unauthenticated extends AppError {
  constructor(reason = 'sign in first') {
    super('unauthenticated', reason, { status: 401 });
  }
}

/** The same for a wrong password and an unknown name: who has an account here is not told. */
export class CredentialsRejected extends AppError {
  constructor() {
    super('credentials_rejected', 'the user name or the password is wrong', { status: 401 });
  }
}

/** The refresh token is unknown, expired, used before or signed out. */
export class SessionEnded extends AppError {
  constructor() {
    super('session_ended', 'this session has ended: sign in again', { status: 401 });
  }
}

export class AccountBanned extends AppError {
  constructor() {
    super('account_banned', 'this account has been banned', { status: 403 });
  }
}

export class RegistrationClosed extends AppError {
  constructor() {
    super('registration_closed', 'this server takes no new accounts', { status: 403 });
  }
}

/** A user name or address that somebody else has. `issues` has the shape of request_invalid, for the form. */
export class AccountTaken extends AppError {
  constructor(field: 'username' | 'email') {
    const message = field === 'username' ? 'this user name is taken' : 'this email address has an account already';
    super(`${field}_taken`, message, { status: 409, detail: { issues: [{ path: field, message }] } });
  }
}

/** Too many passwords are waiting to be checked. */
export class TooBusy extends AppError {
  constructor() {
    super('too_busy', 'too many people are signing in at this moment: try again in a few seconds', {
      status: 503, expose: true, detail: { retryAfterSec: 3 },
    });
  }
}

/** A browser says that another site made this request with our cookie. */
export class CrossSiteRefused extends AppError {
  constructor() {
    super('cross_site', 'requests from other sites are not taken here', { status: 403 });
  }
}
