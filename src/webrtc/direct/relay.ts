import type { types } from 'mediasoup';
import type { WebRtcWorker } from '../workers.js';
import type { DirectPlan } from './direct-plan.js';

/** A publisher's tracks in the router that takes them. */
export interface RelaySource {
  router: types.Router;
  producers: readonly types.Producer[];
  /** Of a picture in layers: their places in the offer, from the smallest to the largest. */
  layerOrder: () => readonly number[] | undefined;
}

/** Both ends of a pipe are on this machine. A key frame goes through at once; what is lost on the way is sent again. */
const PIPE: types.PipeTransportOptions = { listenInfo: { protocol: 'udp', ip: '127.0.0.1', sendBufferSize: 4 << 20, recvBufferSize: 4 << 20 }, enableRtx: true };

interface RelayParts {
  router: types.Router;
  pipes: types.PipeTransport[];
  producers: types.Producer[];
}

/** A publisher's tracks in one worker, for viewers that use the same payload types: a router of their own at the end of a pipe. */
export class Relay {
  readonly #worker: WebRtcWorker;
  readonly #parts: RelayParts;

  private constructor(worker: WebRtcWorker, parts: RelayParts) {
    this.#worker = worker;
    this.#parts = parts;
  }

  static async open(source: RelaySource, worker: WebRtcWorker, plan: DirectPlan): Promise<Relay> {
    const codecs = [plan.video, plan.audio].flatMap((one) => one?.capability ?? []);
    const parts: RelayParts = { router: await worker.worker.createRouter({ mediaCodecs: codecs }), pipes: [], producers: [] };
    try {
      await lay(source, plan, parts);
      return new Relay(worker, parts);
    } catch (error) {
      close(parts);
      throw error;
    }
  }

  /** A transport for one viewer, and what is sent on it, which waits to be resumed. */
  async seat(rtpCapabilities: types.RtpCapabilities): Promise<{ transport: types.WebRtcTransport; consumers: types.Consumer[] }> {
    const transport = await this.#parts.router.createWebRtcTransport({ webRtcServer: this.#worker.server, preferUdp: true, iceConsentTimeout: 10 });
    try {
      const consumers = await Promise.all(this.#parts.producers.map(({ id }) => transport.consume({ producerId: id, rtpCapabilities, paused: true })));
      return { transport, consumers };
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  close(): void {
    close(this.#parts);
  }
}

/** Lays the pipe and what goes through it; parts that were made are kept for the close, also when one fails. */
async function lay({ router, producers, layerOrder }: RelaySource, plan: DirectPlan, parts: RelayParts): Promise<void> {
  const near = await router.createPipeTransport(PIPE);
  parts.pipes.push(near);
  const far = await parts.router.createPipeTransport(PIPE);
  parts.pipes.push(far);
  await near.connect({ ip: far.tuple.localAddress, port: far.tuple.localPort });
  await far.connect({ ip: near.tuple.localAddress, port: near.tuple.localPort });
  for (const producer of producers) {
    const planned = plan[producer.kind];
    if (planned === undefined) continue;
    const { kind, rtpParameters } = await near.consume({ producerId: producer.id });
    const relayed = await far.produce({ kind, rtpParameters: sorted(rtpParameters, kind === 'video' ? layerOrder() : undefined) });
    nameRtx(relayed, planned.rtxPayloadType);
    parts.producers.push(relayed);
  }
}

/** mediasoup takes the first layer for the smallest, whatever the encoder meant. */
function sorted(rtpParameters: types.RtpParameters, order: readonly number[] | undefined): types.RtpParameters {
  const { encodings = [] } = rtpParameters;
  return order === undefined ? rtpParameters : { ...rtpParameters, encodings: order.flatMap((layer) => encodings[layer] ?? []) };
}

/** mediasoup gives retransmissions a payload type of its own choice; `consume` reads it from here. */
function nameRtx({ consumableRtpParameters }: types.Producer, payloadType: number | undefined): void {
  const rtx = consumableRtpParameters.codecs.find(({ mimeType }) => /\/rtx$/i.test(mimeType));
  if (rtx !== undefined && payloadType !== undefined) rtx.payloadType = payloadType;
}

function close({ router, pipes }: RelayParts): void {
  for (const pipe of pipes) pipe.close();
  router.close();
}
