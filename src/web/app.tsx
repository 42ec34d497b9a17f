import { lazy, Suspense } from 'react';
import { BrowserRouter, Link, Route, Routes } from 'react-router-dom';
import { Register } from './account/register.js';
import { RequireSession } from './account/require-session.js';
import { SignIn } from './account/sign-in.js';
import { ClipPage } from './clips/clip-page.js';
import { Home } from './home/home.js';
import { RecordingPage } from './recordings/recording-page.js';
import { Empty } from './shell/empty.js';
import { usePageTitle } from './shell/page.js';
import { Shell } from './shell/shell.js';
import { Watch } from './watch/watch.js';

// Viewers never load the studio.
const Studio = lazy(async () => ({ default: (await import('./studio/studio.js')).Studio }));
const ChatSettings = lazy(async () => ({ default: (await import('./studio/chat/chat-settings.js')).ChatSettings }));
const GoLive = lazy(async () => ({ default: (await import('./studio/go-live/go-live.js')).GoLive }));
const VerifyRecording = lazy(async () => ({ default: (await import('./verification/verify-page.js')).VerifyRecording }));
const VerifyFolder = lazy(async () => ({ default: (await import('./verification/verify-page.js')).VerifyFolder }));
const ArchiveStudio = lazy(async () => ({ default: (await import('./archive/settings/archive-studio.js')).ArchiveStudio }));
const ArchivePage = lazy(async () => ({ default: (await import('./archive/show/archive-page.js')).ArchivePage }));
const OperatorPage = lazy(async () => ({ default: (await import('./archive/operator/operator-page.js')).OperatorPage }));
const PopoutChat = lazy(async () => ({ default: (await import('./chat/popout-page.js')).PopoutChat }));
const Overlay = lazy(async () => ({ default: (await import('./chat/overlay/overlay-page.js')).Overlay }));

/** Every page by its address. A channel's page is its slug, so no other page may have a name that a channel can take. */
export function App() {
  return (
    <BrowserRouter>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Home />} />
          <Route path="login" element={<SignIn />} />
          <Route path="register" element={<Register />} />
          <Route path="studio" element={<RequireSession><Suspense fallback={null}><Studio /></Suspense></RequireSession>} />
          <Route path="studio/chat" element={<RequireSession><Suspense fallback={null}><ChatSettings /></Suspense></RequireSession>} />
          <Route path="studio/go-live" element={<RequireSession><Suspense fallback={null}><GoLive /></Suspense></RequireSession>} />
          <Route path="studio/archive/:slug?" element={<RequireSession><Suspense fallback={null}><ArchiveStudio /></Suspense></RequireSession>} />
          <Route path="recordings/:id/archive" element={<RequireSession><Suspense fallback={null}><ArchivePage /></Suspense></RequireSession>} />
          <Route path="admin/archive" element={<RequireSession><Suspense fallback={null}><OperatorPage /></Suspense></RequireSession>} />
          <Route path="recordings/:id" element={<RecordingPage />} />
          <Route path="recordings/verify" element={<Suspense fallback={null}><VerifyFolder /></Suspense>} />
          <Route path="recordings/:id/verify" element={<Suspense fallback={null}><VerifyRecording /></Suspense>} />
          <Route path="clips/:id" element={<ClipPage />} />
          <Route path=":slug" element={<Watch />} />
          <Route path="*" element={<NotFound />} />
        </Route>
        <Route path=":slug/chat" element={<Suspense fallback={null}><PopoutChat /></Suspense>} />
        <Route path=":slug/overlay" element={<Suspense fallback={null}><Overlay /></Suspense>} />
      </Routes>
    </BrowserRouter>
  );
}

function NotFound() {
  usePageTitle('Not found');
  return (
    <Empty title="No such page">
      <p>Nothing lives at this address.</p>
      <p><Link className="button primary" to="/">See what is live</Link></p>
    </Empty>
  );
}
