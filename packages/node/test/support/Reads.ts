/**
 * How connections read in this run of the tests. Two projects of the workspace run the files that it may make a difference to: one asks
 * for reads of their own.
 */
import type * as Layer from "effect/Layer"
import type { Transport } from "tidegate/Transport"
import { canShareReads, type Reads } from "../../src/SharedReads.ts"
import * as TcpTransport from "../../src/TcpTransport.ts"

/** On a version of Node on which it was not tested nothing is shared, whoever asks for it. */
export const reads: Reads = process.env["TIDEGATE_TEST_READS"] === "own" || !canShareReads ? "own" : "shared"

/** The transport under test. */
export const layer: Layer.Layer<Transport> = TcpTransport.layerWith({ reads })
