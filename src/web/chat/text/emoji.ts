/** Those that chats use most, with the words by which they are found. */
export const EMOJI: { emoji: string; name: string }[] = [
  '😀 grin smile', '😂 joy laugh tears', '🤣 rofl laugh', '😅 sweat laugh', '😊 blush happy', '🙂 smile', '😉 wink', '😍 heart eyes love', '😘 kiss', '😎 cool sunglasses',
  '🤩 star eyes wow', '🥳 party', '😏 smirk', '😴 sleep', '🤔 think hmm', '🤨 eyebrow', '😐 neutral', '🙄 eye roll', '😬 grimace', '😮 open mouth wow',
  '😱 scream', '😢 cry sad', '😭 sob cry', '😤 huff', '😡 angry', '🤯 mind blown', '🥶 cold', '🥵 hot', '🤡 clown', '💀 skull dead',
  '👻 ghost', '🤖 robot', '🙈 see no evil monkey', '👍 thumbs up yes', '👎 thumbs down no', '👏 clap', '🙌 hands praise', '🙏 pray thanks', '💪 strong muscle', '👋 wave hello',
  '🤝 handshake', '✌️ peace', '🤞 fingers crossed', '👀 eyes look', '🫡 salute', '🧠 brain', '❤️ heart love red', '🧡 heart orange', '💛 heart yellow', '💚 heart green',
  '💙 heart blue', '💜 heart purple', '🖤 heart black', '💔 broken heart', '💯 hundred', '🔥 fire lit', '✨ sparkles', '⭐ star', '🌈 rainbow', '☀️ sun',
  '🌊 wave sea', '🎉 party tada', '🎊 confetti', '🎁 gift', '🏆 trophy win', '🥇 gold medal', '🎮 game', '🎲 dice', '🎵 music note', '🎤 microphone sing',
  '🎸 guitar', '🎬 film clap', '📷 camera', '☕ coffee', '🍕 pizza', '🍿 popcorn', '🍺 beer', '🐱 cat', '🐶 dog', '🦄 unicorn',
  '🐢 turtle slow', '🚀 rocket', '⚡ lightning', '💡 idea bulb', '✅ check yes', '❌ cross no', '❓ question', '❗ exclamation', '🚨 alarm', '🕐 clock',
].map((line) => {
  const [emoji = '', ...words] = line.split(' ');
  return { emoji, name: words.join(' ') };
});

/** What a message is answered with at one press. */
export const QUICK_REACTIONS = ['❤️', '😂', '👍'];
/** What is tapped for the show. */
export const HEART = '❤️';
