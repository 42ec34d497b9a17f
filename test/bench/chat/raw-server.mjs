// Socket.IO with nothing around it: what is written is sent to everybody in the room, as a packet of the same form.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { serveClient: false, perMessageDeflate: false });
let seq = 0;

io.of('/chat').on('connection', (socket) => {
  socket.on('join-room', ({ channel }, acknowledge) => {
    void socket.join(channel);
    acknowledge({ ok: true });
  });
  socket.on('chat-message', ({ channel, text }, acknowledge) => {
    const now = new Date().toISOString();
    const author = { id: socket.data.id ??= randomUUID(), username: 'writer0001', role: 'viewer' };
    const message = { id: randomUUID(), seq: ++seq, channel, text, isAction: false, mentions: [], author, sentAt: now, streamAt: now };
    io.of('/chat').to(channel).emit('new-message', message);
    acknowledge({ ok: true, message, isHeld: false });
  });
});
http.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
