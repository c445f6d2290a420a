// Loads the chat, or says on the page why that does not work.

function failed(words) {
  const loading = document.getElementById('loading');
  loading.classList.add('failed');
  loading.textContent = words;
  const status = document.getElementById('status');
  status.dataset.state = 'closed';
  status.textContent = 'Disconnected';
}

if (typeof WebAssembly !== 'object') {
  failed('This browser has no WebAssembly, or it is switched off. The chat needs it.');
} else {
  try {
    const chat = await import('./guildhall.js');
    await chat.default({ module_or_path: new URL('guildhall_bg.wasm', import.meta.url) });
    chat.startPage();
  } catch (error) {
    console.error(error);
    failed('The chat could not be loaded. Check the connection and load this page again.');
  }
}
