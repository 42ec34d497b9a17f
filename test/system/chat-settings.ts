import t from 'tap';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { makePicture, ONE_PNG } from '../support/pictures.js';
import { openSignedIn } from '../support/signed-in.js';
import { openReceiver } from '../support/webhook-receiver.js';

process.env['WEBRTC_PORT'] = '0';

t.test('the owner sets what surrounds the chat', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { chat: { webhooks: { allowPrivate: true } } });
  const receiver = await openReceiver(t);
  const browser = await openChromium(t);
  await openSignedIn(browser, app, { name: 'bob' });
  const page = await openSignedIn(browser, app, { name: 'ada' });
  await page.goto(`${app.url}/studio`);
  await page.getByRole('link', { name: 'Chat settings' }).click();
  const panel = (name: string) => page.getByRole('region', { name, exact: true });

  await t.test('an emote is chosen, named, shown and removed', async (t) => {
    const emotes = panel('Emotes');
    await emotes.getByLabel('Choose a picture for an emote').setInputFiles({ name: 'Big wave!.png', mimeType: 'image/png', buffer: makePicture('red', ONE_PNG) });
    t.equal(await emotes.getByLabel('Code').inputValue(), 'Bigwave', 'the file\'s name suggests a code');
    await emotes.getByRole('button', { name: 'Add emote' }).click();
    await emotes.getByText(':Bigwave:').waitFor();
    const width = await emotes.locator('.emote img').evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth));
    t.equal(width, 112);
    await emotes.getByLabel('Choose a picture for an emote').setInputFiles({ name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    t.match(await emotes.getByRole('alert').textContent(), /no PNG, JPEG, WebP or GIF/);
    await emotes.getByRole('button', { name: 'Remove Bigwave' }).click();
    await page.getByRole('button', { name: 'Remove emote' }).click();
    await emotes.getByText(':Bigwave:').waitFor({ state: 'detached' });
  });

  await t.test('a moderator is named, and removed', async (t) => {
    const people = panel('Moderators and VIPs');
    await people.getByLabel('User name').fill('@bob');
    await people.getByRole('button', { name: 'Add' }).click();
    t.match(await people.getByRole('listitem').textContent(), /^bobModerator/);
    await people.getByLabel('User name').fill('nobody-here');
    await people.getByRole('button', { name: 'Add' }).click();
    t.match(await people.getByRole('alert').textContent(), /nobody-here/);
    await people.getByRole('button', { name: 'Remove bob' }).click();
    await people.getByRole('listitem').waitFor({ state: 'detached' });
  });

  await t.test('a bot\'s token is shown once, and writes', async (t) => {
    const bots = panel('Bots');
    await bots.getByText('New bot').click();
    await bots.getByLabel('Name', { exact: true }).fill('TideBot');
    await bots.getByRole('button', { name: 'Make bot' }).click();
    const token = await bots.locator('[data-secret]').textContent() ?? '';
    const answer = await fetch(`${app.url}/api/v1/channels/ada/chat/messages`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ text: 'ahoy' }) });
    t.equal(answer.status, 201);
    await bots.getByRole('button', { name: 'I have it' }).click();
    t.equal(await bots.locator('[data-secret]').count(), 0);
    t.match(await bots.getByRole('listitem').first().textContent(), /^tidebotread, write/);
  });

  await t.test('a webhook is made, tested, and shows what became of it', async (t) => {
    const hooks = panel('Webhooks');
    await hooks.getByText('New webhook').click();
    await hooks.getByLabel('Address').fill(receiver.url);
    await hooks.getByRole('button', { name: 'Make webhook' }).click();
    t.match(await hooks.locator('[data-secret]').textContent(), /^whsec_/);
    await hooks.getByRole('button', { name: 'Send a test' }).click();
    await hooks.getByText('The test was taken (204).').waitFor();
    receiver.answer = (response) => response.writeHead(500).end();
    await hooks.getByRole('button', { name: 'Send a test' }).click();
    await hooks.getByText('The test failed: answered 500.').waitFor();
    t.same(receiver.received.map(({ body }) => body.event), ['test', 'test']);
  });

  await t.test('the overlay\'s address is made, and made anew', async (t) => {
    const overlay = panel('Chat in the picture');
    await overlay.getByRole('button', { name: 'Make an address' }).click();
    const first = await overlay.locator('[data-secret]').textContent() ?? '';
    t.match(first, `${app.url}/ada/overlay?token=tmo_`);
    await overlay.getByRole('button', { name: 'I have it' }).click();
    await overlay.getByRole('button', { name: 'Make a new address' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new address' }).click();
    const second = await overlay.locator('[data-secret]').textContent() ?? '';
    t.match(second, /overlay\?token=tmo_/);
    t.not(second, first);
  });
});
