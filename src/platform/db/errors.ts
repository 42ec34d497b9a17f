import { AppError } from '../errors.js';

/** Postgres does not answer. */
export class DatabaseUnreachable extends AppError {
  constructor(host: string, cause: unknown) {
    const message = `Postgres at ${host} does not answer (${reasonOf(cause)}): start it, or correct database.url (DATABASE_URL)`;
    super('database_unreachable', message, { expose: false, cause });
  }
}

/** Postgres answers and will not let us in: password, database name, TLS. */
export class DatabaseRefused extends AppError {
  constructor(host: string, cause: unknown) {
    const message = `Postgres at ${host} refused the connection (${reasonOf(cause)}): correct database.url (DATABASE_URL)`;
    super('database_refused', message, { expose: false, cause });
  }
}

/** Two servers on one embedded database would destroy it. */
export class DatabaseFolderInUse extends AppError {
  constructor(folder: string) {
    const message = `another server uses the database in ${folder}: stop it, or give this one its own dataDir (DATA_DIR)`;
    super('database_folder_in_use', message, { expose: false });
  }
}

/** The embedded database cannot be read or written. */
export class DatabaseFolderUnusable extends AppError {
  constructor(folder: string, cause: unknown) {
    const message = `the embedded database in ${folder} cannot be opened (${reasonOf(cause)}): `
      + 'check that the folder may be written; if it is damaged, restore it from a backup, or move it away to start empty';
    super('database_folder_unusable', message, { expose: false, cause });
  }
}

/** A change of the tables failed and was rolled back. */
export class MigrationFailed extends AppError {
  constructor(cause: unknown) {
    const message = `the database could not be migrated (${reasonOf(cause)}): nothing was changed; `
      + 'a database that a newer version has used needs that version';
    super('migration_failed', message, { expose: false, cause });
  }
}

/** What went wrong in a few words; errors of sockets and of WebAssembly may have a code or a name and no message. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const words = [
    'message' in error ? error.message : '',
    'code' in error ? error.code : '',
    'name' in error ? error.name : '',
  ];
  return words.map(String).find((word) => word !== '' && word !== 'undefined') ?? 'unknown error';
}

/** The code of an error of Node or of Postgres, such as `ECONNREFUSED` or `28P01`. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
