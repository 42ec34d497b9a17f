import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import ts from 'typescript';

const MAX_LINES = 500;
const MAX_FILES = 12;
/** What pages share with the server, and what must therefore run in browsers: a room's second door. */
const BROWSER_DOOR = 'archive/browser.js';

t.test('every file keeps the rules of the house', async (t) => {
  const files = ['src', 'test', 'scripts'].flatMap(filesUnder).filter((file) => /\.(tsx?|mjs)$/.test(file));
  t.ok(files.includes('src/config.ts'), 'the sources are found');
  t.same(files.flatMap((file) => breaches(file, readFileSync(file, 'utf8'))), []);
});

t.test('no folder of the sources is crowded', async (t) => {
  const folders = ['src', 'scripts'].flatMap(filesUnder).map((file) => path.dirname(file));
  const crowded = [...new Set(folders)].filter((folder) => folders.filter((other) => other === folder).length > MAX_FILES);
  t.same(crowded, []);
});

t.test('what pages share with the server has nothing of Node in it', async (t) => {
  const files = reachedFrom(path.join('src', BROWSER_DOOR.replace(/\.js$/, '.ts')));
  t.ok(files.length > 3, `${files.length} files`);
  t.same(files.filter((file) => /from 'node:|\bBuffer\b/.test(readFileSync(file, 'utf8'))), []);
});

t.test('each rule finds its breach', async (t) => {
  const found = (file: string, text: string) => breaches(file, text).map((breach) => breach.slice(file.length + 2));
  t.same(found('src/ingest/a.ts', "import { Track } from '../packager/index.js';"), ['imports another room: ../packager/index.js']);
  t.same(found('src/ingest/a.ts', "export { x } from '../streams/broadcast.js';"), ['imports past a door: ../streams/broadcast.js']);
  t.same(found('src/ingest/a.ts', "const log = await import('../platform/log.js');"), ['imports past a door: ../platform/log.js']);
  t.same(found('src/streams/a.ts', "import type { X } from '../ingest/index.js';"), ['imports another room: ../ingest/index.js']);
  t.same(found('src/platform/a.ts', "import { Broadcast } from '../streams/index.js';"), ['imports another room: ../streams/index.js']);
  t.same(found('src/ingest/a.ts', "import type { Config } from '../config.js';"), ['imports another room: ../config.js']);
  t.same(found('src/web/a.tsx', "import { x } from '../platform/index.js';"), ['imports another room: ../platform/index.js']);
  t.same(found('src/web/a.ts', "import { x } from '../archive/index.js';"), ['imports another room: ../archive/index.js']);
  t.same(found('src/app.ts', "import { x } from './ingest/session.js';"), ['imports past a door: ./ingest/session.js']);
  t.same(found('src/ingest/a.ts', 'console.log(process.env.HOME);'), ['uses console', 'reads process.env']);
  t.same(found('src/ingest/a.ts', 'export default 1;'), ['has a default export']);
  t.same(found('src/ingest/a.ts', 'export default function f() {}'), ['has a default export']);
  t.same(found('src/ingest/a.ts', 'let x: any; let y = x as string;'), ['says any', 'says as']);
  t.same(found('src/ingest/a.ts', '// TO' + 'DO later'), ['keeps a TO' + 'DO']);
  t.same(found('src/ingest/a.ts', '\n'.repeat(MAX_LINES)), [`has ${MAX_LINES + 1} lines`]);
});

t.test('what the rules allow passes', async (t) => {
  const text = "import * as fs from 'node:fs'; import { a as b } from './cmaf/box.js'; import { c } from '../platform/index.js'; import { d } from '../streams/index.js'; const e = ['any as console'] as const;";
  t.same(breaches('src/packager/a.ts', text), []);
  t.same(breaches('src/config.ts', "import { x } from './ingest/config.js'; import { y } from './platform/config.js'; x(process.env);"), []);
  t.same(breaches('src/app.ts', "import { x } from './ingest/index.js'; import type { Config } from './config.js';"), []);
  t.same(breaches('src/web/verification/a.ts', "import { x } from '../../archive/browser.js';"), []);
  t.same(breaches('src/web/vite.config.ts', 'export default {};'), []);
});

/** A file and all that it brings along, but for packages. */
function reachedFrom(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest), (node) => {
    const target = importedFrom(node);
    if (target?.startsWith('.')) reachedFrom(path.join(path.dirname(file), target.replace(/\.js$/, '.ts')), seen);
  });
  return [...seen];
}

/** Every broken rule of one file, as `file: what`. */
function breaches(file: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.split('\n').length;
  if (lines > MAX_LINES) found.push(`has ${lines} lines`);
  if (/\bTO[D]O\b/.test(text) && file !== 'test/architecture.ts') found.push('keeps a TO' + 'DO');
  if (file.startsWith('src/')) visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest), (node) => found.push(...breachesOf(node, file)));
  return found.map((what) => `${file}: ${what}`);
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

function breachesOf(node: ts.Node, file: string): string[] {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return ['says any'];
  if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) return ['says as'];
  if (ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword) {
    return mayExportDefault(file) || ts.isDefaultClause(node) ? [] : ['has a default export'];
  }
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) return breachesOfGlobal(node.expression.text, node.name.text, file);
  const target = importedFrom(node);
  return target?.startsWith('.') ? breachesOfImport(file, target) : [];
}

/** Vite asks for one, and a declaration file only says what a package does. */
function mayExportDefault(file: string): boolean {
  return file === 'src/web/vite.config.ts' || file.endsWith('.d.ts');
}

function breachesOfGlobal(object: string, property: string, file: string): string[] {
  if (object === 'console') return ['uses console'];
  return object === 'process' && property === 'env' && file !== 'src/config.ts' ? ['reads process.env'] : [];
}

function importedFrom(node: ts.Node): string | undefined {
  const isImport = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const specifier = isImport ? node.moduleSpecifier : isCall ? node.arguments[0] : undefined;
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

/** platform <- streams <- rooms <- app.ts and main.ts, each through index.ts; config.ts reads the rooms' config.ts. */
function breachesOfImport(file: string, target: string): string[] {
  const [from, to] = [path.relative('src', file), path.relative('src', path.join(path.dirname(file), target))];
  const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
  if (fromRoom === toRoom) return [];
  if (fromRoom === 'web' && to === BROWSER_DOOR) return [];
  const mayReach = fromRoom === 'top' || (toRoom === 'platform' && fromRoom !== 'web') || (toRoom === 'streams' && !['platform', 'web'].includes(fromRoom));
  if (!mayReach || toRoom === 'web') return [`imports another room: ${target}`];
  const door = from === 'config.ts' && to === `${toRoom}/config.js` ? to : `${toRoom}/index.js`;
  return to === door ? [] : [`imports past a door: ${target}`];
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : 'top';
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
