// Loaded before the program: one of libuv's threads opens a FIFO that nobody writes to, as it would look up a name at a silent server.
import { execFileSync } from "node:child_process"
import { readFile } from "node:fs"

execFileSync("mkfifo", [process.env["FIFO"]])
readFile(process.env["FIFO"], () => {})
