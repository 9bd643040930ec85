/**
 * Two connections are served in one turn, and the wake-up of the first throws. Prints who was served.
 */
import { serveLater } from "../../src/TurnBatch.ts"

process.on("uncaughtException", (error) => process.stdout.write(`uncaught ${error.message}\n`))

const served = (name: string, then: () => void) => ({
  serveUnsafe: () => {
    process.stdout.write(`${name}\n`)
    then()
  }
})

serveLater(
  served("first", () => {
    throw new Error("a defect")
  })
)
serveLater(served("second", () => {}))
