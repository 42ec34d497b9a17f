import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';

interface Recipe {
  listedIn(meson: string, name: string): string[];
  readSources(folder: string): { schemas: string[]; sources: string[] };
  ninjaFile(parts: { schemas: string[]; sources: string[] }): string;
}
interface Prebuilt {
  prebuiltName(machine: { version: string; platform: string; arch: string; kernel: string }): string;
}
const script = (name: string): string => pathToFileURL(path.resolve('scripts/set-up', name)).href;
const recipe: Recipe = await import(script('worker/recipe.mjs'));
const prebuilt: Prebuilt = await import(script('worker/prebuilt.mjs'));
const worker = 'node_modules/mediasoup/worker';

t.test('a list of sources is read from a meson.build', async (t) => {
  const meson = "other = [\n  'no.cpp',\n]\ncommon_sources = [\n  'src/lib.cpp', # not 'src/old.cpp'\n  'src/RTC/Router.cpp',\n]\nmore = [\n  'no.cpp',\n]\n";
  t.same(recipe.listedIn(meson, 'common_sources'), ['src/lib.cpp', 'src/RTC/Router.cpp']);
  t.throws(() => recipe.listedIn(meson, 'missing'), { message: 'meson.build has no list missing' });
});

t.test('the installed mediasoup has every file that the build asks for', async (t) => {
  const { sources, schemas } = recipe.readSources(worker);
  t.match(sources, ['src/lib.cpp']);
  t.ok(['src/main.cpp', 'src/RTC/WebRtcTransport.cpp'].every((file) => sources.includes(file)));
  t.ok(sources.some((file) => file.startsWith('deps/libwebrtc/libwebrtc/')));
  t.ok(schemas.includes('fbs/webRtcServer.fbs'));
  t.same([...sources, ...schemas].filter((file) => !existsSync(path.join(worker, file))), []);
});

t.test('the build compiles each source once the schemas are headers, and depends on no checkout', async (t) => {
  const text = recipe.ninjaFile({ sources: ['src/a.cpp', 'deps/b.cc'], schemas: ['fbs/one.fbs', 'fbs/two.fbs'] });
  t.match(text.split('\n').filter((line) => line.startsWith('build ')), [
    'build FBS/one.h FBS/two.h: schemas worker/fbs/one.fbs worker/fbs/two.fbs',
    'build schemas: phony FBS/one.h FBS/two.h',
    'build objects/src/a.cpp.o: compile worker/src/a.cpp || schemas',
    'build objects/deps/b.cc.o: compile worker/deps/b.cc || schemas',
    'build mediasoup-worker: link objects/src/a.cpp.o objects/deps/b.cc.o | abseil.rsp',
  ]);
  t.notOk(text.includes(process.cwd()));
});

t.test("a machine's download is named as mediasoup names it", async (t) => {
  const named = (platform: string, arch: string, kernel: string): string => prebuilt.prebuiltName({ version: '3.19.3', platform, arch, kernel });
  t.equal(named('linux', 'x64', '6.1.0-18-amd64'), 'mediasoup-worker-3.19.3-linux-x64-kernel6.tgz');
  t.equal(named('linux', 'arm64', '5.15.0'), 'mediasoup-worker-3.19.3-linux-arm64-kernel5.tgz');
  t.equal(named('darwin', 'arm64', '23.4.0'), 'mediasoup-worker-3.19.3-darwin-arm64.tgz');
});
