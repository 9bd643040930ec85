/**
 * The benchmark's end of a generator.
 */
import { fileURLToPath } from "node:url"
import { NodeChild } from "../processes/NodeChild.ts"
import { type Answer, type Drained, type Measured, type Plan, Wrong } from "./Load.ts"

const program = fileURLToPath(new URL("generator.ts", import.meta.url))

export class GeneratorProcess {
  private readonly child: NodeChild

  constructor(prefix: ReadonlyArray<string>) {
    this.child = new NodeChild({ what: "a generator", prefix, command: [program] })
  }

  async begin(plan: Plan): Promise<void> {
    await this.told({ order: "begin", plan })
  }

  async mark(): Promise<void> {
    await this.told({ order: "mark" })
  }

  stop(): Promise<Measured> {
    // The answer to this order.
    return this.told({ order: "stop" }) as Promise<Measured>
  }

  drain(): Promise<Drained> {
    // The answer to this order.
    return this.told({ order: "drain" }) as Promise<Drained>
  }

  end(): Promise<void> {
    return this.child.end()
  }

  private async told(order: unknown): Promise<Answer> {
    // The generator answers every order so.
    const answer = (await this.child.ask(order)) as Answer
    if ("wrong" in answer) throw new Wrong(answer.wrong)
    return answer
  }
}
