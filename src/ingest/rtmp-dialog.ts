import type { Ending } from './ending.js';
import { refused } from './ending.js';
import { RtmpInvalid } from './errors.js';
import type { RtmpCommand, RtmpProtocol } from './rtmp/protocol.js';
import { encoderText } from './rtmp/protocol.js';

/** What a command leads to; most are only answered. */
export type DialogStep = { step: 'answered' } | { step: 'publish'; key: string } | { step: 'end'; ending: Ending };

const APP = 'live';
const MAX_COMMANDS = 32;
const MAX_KEY_LENGTH = 256;
/** Calls that only want to be answered before the encoder goes on. */
const EMPTY_ANSWERS = new Set(['FCPublish', 'releaseStream', 'getStreamLength', '_checkbw']);
const ANSWERED: DialogStep = { step: 'answered' };

/** The talk before the first frame: connect, createStream and what encoders put around them, up to publish. */
export class RtmpDialog {
  readonly #protocol: RtmpProtocol;
  #commands = 0;
  #isConnectAnswered = false;
  #wantsFcPublish = false;
  #streamId = 0;
  #encoder = '';

  constructor(options: { protocol: RtmpProtocol }) {
    this.#protocol = options.protocol;
  }

  /** True once messages of ours can be understood: the chunk size is agreed. */
  get isConnectAnswered(): boolean {
    return this.#isConnectAnswered;
  }

  /** What the encoder called itself when it connected. */
  get encoder(): string {
    return this.#encoder;
  }

  /**
   * Answers one command.
   * @throws {RtmpInvalid} for commands out of order or too many of them.
   */
  take(command: RtmpCommand, streamId: number): DialogStep {
    this.#commands += 1;
    if (this.#commands > MAX_COMMANDS) throw new RtmpInvalid(`more than ${MAX_COMMANDS} commands before publish`);
    if (command.name === 'connect') return this.#connect(command);
    if (!this.#isConnectAnswered) throw new RtmpInvalid('command before connect');
    switch (command.name) {
      case 'publish': return this.#publish(command, streamId);
      case 'play': return this.#refusePlay(streamId);
      default: return this.#answer(command);
    }
  }

  acceptPublish(): void {
    this.#protocol.acceptPublish(this.#streamId, this.#wantsFcPublish);
  }

  sayStatus(status: Ending['status'] & object, description: string): void {
    this.#protocol.sendStatus(this.#streamId, status.level, status.code, description);
  }

  #answer(command: RtmpCommand): DialogStep {
    if (command.name === 'createStream') this.#protocol.respondCreateStream(command.transactionId);
    if (EMPTY_ANSWERS.has(command.name)) this.#protocol.answer(command.transactionId);
    this.#wantsFcPublish ||= command.name === 'FCPublish';
    return ANSWERED;
  }

  #connect(command: RtmpCommand): DialogStep {
    if (this.#isConnectAnswered) throw new RtmpInvalid('connect came twice');
    this.#isConnectAnswered = true;
    const object = command.object instanceof Map ? command.object : new Map<string, undefined>();
    if (!isOurApp(object.get('app'))) return this.#refuseApp(command);
    this.#encoder = encoderText(object.get('flashVer')) ?? '';
    this.#protocol.acceptConnect(command.transactionId);
    return ANSWERED;
  }

  #refuseApp(command: RtmpCommand): DialogStep {
    const code = 'NetConnection.Connect.InvalidApp';
    const message = `the address must end in /${APP}`;
    this.#protocol.rejectConnect(command.transactionId, code, message);
    return { step: 'end', ending: refused(code, message) };
  }

  #refusePlay(streamId: number): DialogStep {
    this.#streamId = streamId;
    return { step: 'end', ending: refused('NetStream.Play.Failed', 'RTMP only takes streams here; watch on the page') };
  }

  #publish(command: RtmpCommand, streamId: number): DialogStep {
    const [name] = command.args;
    if (typeof name !== 'string') throw new RtmpInvalid('publish names no stream');
    this.#streamId = streamId;
    return { step: 'publish', key: name.replace(/\?.*$/s, '').slice(0, MAX_KEY_LENGTH) };
  }
}

/** OBS users write the address with and without a slash at its end, some with a query. */
function isOurApp(app: unknown): boolean {
  return typeof app === 'string' && app.replace(/\?.*$/s, '').replace(/\/+$/, '') === APP;
}
