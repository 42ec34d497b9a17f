import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * How the worker is compiled.
 * No -march: the cache may be a home folder that several machines share, and nearly all of the time goes into ciphers,
 * which OpenSSL, NSS and libsrtp choose for the CPU when they run. -flto saves the calls between 200 small files.
 */
const CXX_FLAGS = [
  '-std=c++17', '-O3', '-flto=auto', '-DNDEBUG', '-w',
  // It reads what anybody sends it.
  '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong',
  '-DMS_LITTLE_ENDIAN', '-DMS_EXECUTABLE', '-DFLATBUFFERS_LOCALE_INDEPENDENT=1',
];
// Ours first: it stands in for the srtp.h of libsrtp 3.
const INCLUDES = ['include', '.', 'worker/include', 'worker/deps/libwebrtc', 'worker/deps/libwebrtc/libwebrtc'];
const FLATC_FLAGS = ['--cpp', '--cpp-field-case-style', 'lower', '--reflect-names', '--scoped-enums', '--filename-suffix', "''"];
/** Shared, so that a security fix of the distribution reaches the worker; Abseil, which breaks its ABI with each release, is not. */
const LIBRARIES = ['-lsrtp2', '-lusrsctp', '-luv', '-lssl', '-lcrypto', '-pthread'];
const LINK_FLAGS = ['-s', '-Wl,--as-needed', '-Wl,-z,relro,-z,now'];

/** What the worker of an unpacked mediasoup package is made of, paths relative to its folder. */
export function readSources(folder) {
  const meson = (file) => readFileSync(path.join(folder, file), 'utf8');
  const webrtc = 'deps/libwebrtc';
  return {
    schemas: readdirSync(path.join(folder, 'fbs')).filter((name) => name.endsWith('.fbs')).sort().map((name) => `fbs/${name}`),
    sources: [
      ...listedIn(meson('meson.build'), 'common_sources'),
      'src/main.cpp',
      ...listedIn(meson(`${webrtc}/meson.build`), 'libwebrtc_sources').map((file) => `${webrtc}/${file}`),
    ],
  };
}

/** The file names of a list `name = ['a.cpp', …]` in a meson.build. Throws when there is none. */
export function listedIn(meson, name) {
  const list = new RegExp(`^${name} = \\[(.*?)^\\]`, 'ms').exec(meson)?.[1];
  if (list === undefined) throw new Error(`meson.build has no list ${name}`);
  return [...list.replaceAll(/#.*$/gm, '').matchAll(/'([^']+)'/g)].map((match) => match[1]);
}

/**
 * The build.ninja that makes `mediasoup-worker` in a folder where `worker` is the package's folder and `include` ours.
 * Its paths are relative, so that the same text, and the same cache, comes out in every checkout.
 */
export function ninjaFile({ schemas, sources }) {
  const headers = schemas.map((file) => `FBS/${path.basename(file, '.fbs')}.h`);
  const objects = sources.map((file) => `objects/${file}.o`);
  return `
cxxflags = ${[...CXX_FLAGS, ...INCLUDES.map((folder) => `-I${folder}`)].join(' ')}
rule schemas
  command = flatc ${FLATC_FLAGS.join(' ')} -o FBS $in
rule compile
  command = g++ $cxxflags -MD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
rule link
  command = g++ $cxxflags ${LINK_FLAGS.join(' ')} $in -o $out -Wl,--start-group @abseil.rsp -Wl,--end-group ${LIBRARIES.join(' ')}
build ${headers.join(' ')}: schemas ${schemas.map((file) => `worker/${file}`).join(' ')}
build schemas: phony ${headers.join(' ')}
${sources.map((file, index) => `build ${objects[index]}: compile worker/${file} || schemas`).join('\n')}
build mediasoup-worker: link ${objects.join(' ')} | abseil.rsp
default mediasoup-worker
`.trimStart();
}

/** What a built worker depends on besides its recipe: the machine's kind and the system's libraries. */
export function platformName() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const system = ['ID', 'VERSION_ID'].map((key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? '').join(' ');
  return `${process.platform} ${process.arch} ${system}`;
}
