// Loads the chat, or shows on the page why it cannot be loaded.

function showFailure(text) {
  const loading = document.getElementById('loading');
  loading.classList.add('failed');
  loading.textContent = text;
  const status = document.getElementById('status');
  status.dataset.state = 'closed';
  status.textContent = 'Disconnected';
}

// The other page looks at the server that it comes from.
document.getElementById('doctor').hidden = location.search.includes('server=');

if (typeof WebAssembly !== 'object') {
  showFailure('This browser has no WebAssembly, or it is switched off. The chat needs it.');
} else {
  try {
    const chat = await import('./guildhall.js');
    await chat.default({ module_or_path: new URL('guildhall_bg.wasm', import.meta.url) });
    chat.startPage(globalThis.guildhall);
  } catch (error) {
    console.error(error);
    showFailure('The chat could not be loaded. Check the connection and load this page again.');
  }
}
