import { plainWords, Problem } from '../api/problem.js';

/** What is wrong, by the `name` of the input. */
export type FieldErrors = Record<string, string | undefined>;

export interface NewAccount {
  username: string;
  email: string;
  password: string;
}

export const USERNAME_RULE = '2 to 30 characters: letters, digits, “-” and “_”. It is also the address of your channel.';
export const PASSWORD_RULE = 'At least 10 characters. A few words in a row are good.';

/**
 * What is plainly wrong with a new account, by field, before the server is asked. The server decides: this only
 * spares a round trip, so its rules are never stricter.
 */
export function accountErrors(account: NewAccount): Partial<Record<keyof NewAccount, string>> {
  const errors: Partial<Record<keyof NewAccount, string>> = {};
  if (!/^[a-z0-9][a-z0-9_-]{1,29}$/i.test(account.username)) errors.username = usernameError(account.username);
  if (!/^\S+@\S+$/.test(account.email)) errors.email = 'Enter an e-mail address, such as you@example.org.';
  if (account.password.length < 10) errors.password = passwordError(account.password.length);
  else if (account.password.length > 200) errors.password = 'Use 200 characters or fewer.';
  return errors;
}

function usernameError(username: string): string {
  if (username === '') return 'Choose a name.';
  if (/^[_-]/.test(username)) return 'Start with a letter or a digit.';
  if (/[^a-z0-9_-]/i.test(username)) return 'Use letters, digits, “-” and “_” only.';
  return 'Use 2 to 30 characters.';
}

function passwordError(length: number): string {
  return length === 0 ? 'Choose a password.' : `Use at least 10 characters; this has ${length}.`;
}

/** Errors by field: named by the server's `issues`, else by a code such as `username_taken`. */
export function fieldsOfProblem(error: unknown, fields: string[]): FieldErrors {
  if (!(error instanceof Problem)) return {};
  const named = Object.entries(error.fields).filter(([name]) => fields.includes(name));
  if (named.length > 0) return Object.fromEntries(named);
  const field = fields.find((name) => error.code.startsWith(`${name}_`));
  return field === undefined ? {} : { [field]: plainWords(error) };
}
