// Loaded before the program: at its end it prints, as one line of JSON on stderr, which modules it has loaded.
import { registerHooks } from "node:module"

const loaded = new Set()

registerHooks({
  load: (url, context, next) => {
    loaded.add(url)
    return next(url, context)
  }
})

process.on("exit", () => process.stderr.write(`loaded ${JSON.stringify([...loaded])}\n`))
