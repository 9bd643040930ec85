import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Decoder } from "../src/Codec.ts"
import * as Typed from "../src/effect/Typed.ts"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import { InvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Line from "../src/Line.ts"
import * as MappedCodec from "../src/MappedCodec.ts"
import { concat, textOf, utf8 } from "./support/Bytes.ts"

const lines = Line.make({ encoding: "utf8" })
const Person = Schema.Struct({
  name: Schema.String,
  age: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150 })),
  height: Schema.optionalKey(Schema.Number)
})
const people = Typed.make(lines, Person)

/** The half of a codec that most of these tests are about. */
interface Decodes {
  readonly decoder: () => Decoder<unknown>
}

const only = (codec: Decodes, line: string): unknown => {
  const [found, ...more] = codec.decoder().push(utf8(`${line}\n`))
  assert.lengthOf(more, 0)
  return found
}

const errorOf = (found: unknown): FrameError => {
  if (!isFrameError(found)) throw new Error(`no error: ${JSON.stringify(found)}`)
  return found
}

const complaint = (codec: Decodes, line: string): readonly [string, ReadonlyArray<PropertyKey>] => {
  const { fatal, kind, message, path = ["none"], position } = errorOf(only(codec, line))
  assert.deepStrictEqual([kind, position, fatal], ["invalid_message", 0, false])
  return [message, path]
}

const encodedText = (encoded: Uint8Array | FrameError): string | undefined =>
  isFrameError(encoded) ? encoded.message : textOf(encoded)

describe("messages", () => {
  it("come out of frames, and the one after a bad one too", () => {
    const decoder = people.decoder()
    const found = decoder.push(utf8('{"name":"A","age":1}\n{"name":2}\nx\n{"age":2,"name":"B","more":[]}\n{'))
    assert.deepStrictEqual(
      found.map((one) => (isFrameError(one) ? [one.kind, one.position, one.size] : one)),
      [{ name: "A", age: 1 }, ["invalid_message", 21, 10], ["invalid_message", 32, 1], { name: "B", age: 2 }]
    )
    assert.strictEqual(decoder.pendingBytes, 1)
  })

  it("that are bad name their path, what stands there and what is allowed", () => {
    for (const [line, message, path] of [
      ['{"name":1,"age":1}', "name is 1, allowed: string", ["name"]],
      ['{"name":"A","age":151}', "age is 151, allowed: a value between 0 and 150", ["age"]],
      ['{"name":"A","age":1.5}', "age is 1.5, allowed: an integer", ["age"]],
      ['{"name":"A"}', "age is missing, allowed: number", ["age"]],
      ['{"name":"A","age":null}', "age is null, allowed: number", ["age"]],
      ['{"name":["A"],"age":1}', "name is an array of 1, allowed: string", ["name"]],
      ['{"name":"A","age":1,"height":"tall"}', 'height is "tall", allowed: number', ["height"]]
    ] as const) {
      assert.deepStrictEqual(complaint(people, line), [`message at byte 0: ${message}`, path])
    }
    assert.deepStrictEqual(complaint(people, '"A"'), ['message at byte 0 is "A", allowed: object', []])
    assert.deepStrictEqual(complaint(people, "[]"), ["message at byte 0 is an empty array, allowed: object", []])
  })

  it("of nested, recursive, united and transformed schemas are located too", () => {
    interface Tree {
      readonly children: ReadonlyArray<Tree>
    }
    const Tree = Schema.Struct({ children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
    const Shape = Schema.Union([
      Schema.Struct({ _tag: Schema.tag("Circle"), r: Schema.Finite }),
      Schema.Struct({ _tag: Schema.tag("Line"), to: Schema.Array(Schema.Struct({ "x y": Schema.BigInt })) })
    ])
    class Account extends Schema.Class<Account>("Account")({ since: Schema.Date }) {}
    for (const [schema, line, message] of [
      [Tree, '{"children":[{"children":[]},{"children":1}]}', ": children[1].children is 1, allowed: array"],
      [Shape, '{"_tag":"Circle","r":"1"}', ': r is "1", allowed: number'],
      [
        Shape,
        '{"_tag":"Line","to":[{"x y":"1"},{"x y":"z"}]}',
        ': to[1]["x y"] is "z", allowed: a string representing a bigint'
      ],
      [
        Shape,
        '{"_tag":"Arc"}',
        ' is an object, allowed: { readonly "_tag": "Circle", ... } | { readonly "_tag": "Line", ... }'
      ],
      [Account, '{"since":"soon"}', ': since is "soon", allowed: a valid Date'],
      [Schema.Record(Schema.String, Schema.Int), '{"a.b":true}', ': ["a.b"] is true, allowed: number'],
      [Schema.Literals(["on", "off"]), '"of"', ' is "of", allowed: "on" | "off"'],
      [Schema.Int.check(Schema.makeFilter((n: number) => n % 2 === 0 || "must be\neven")), "3", " is 3: must be even"],
      [Schema.Int.check(Schema.makeFilter((n: number) => n % 2 === 0)), "3", " is 3, allowed: a valid value"]
    ] as const) {
      assert.strictEqual(complaint(Typed.make<typeof schema>(lines, schema), line)[0], `message at byte 0${message}`)
    }
  })

  it("may be told from excess keys", () => {
    const strict = Typed.make(lines, Person, { onExcessProperty: "error" })
    const line = '{"name":"A","age":1,"hieght":2}'
    const message = "message at byte 0: hieght is no key that there is, allowed: name, age, height"
    assert.deepStrictEqual(complaint(strict, line), [message, ["hieght"]])
    assert.deepStrictEqual(only(people, line), { name: "A", age: 1 })
  })

  it("never show as a whole in an error", () => {
    const long = "x".repeat(10_000)
    const [message] = complaint(people, JSON.stringify({ name: "A", age: long }))
    assert.strictEqual(message, `message at byte 0: age is "${"x".repeat(32)}…" (10000 characters), allowed: number`)
    assert.strictEqual(complaint(people, long)[0].length, 85)
    const [atKey, path] = complaint(Typed.make(lines, Schema.Record(Schema.String, Schema.Int)), `{"${long}":""}`)
    assert.deepStrictEqual(path, [`${"x".repeat(64)}…`])
    assert.isBelow(atKey.length, 150)
    const wordy = Schema.String.check(Schema.makeFilter((s: string) => `no:\n${s}`))
    assert.isBelow(complaint(Typed.make(lines, wordy), `"${long}"`)[0].length, 300)
    assert.strictEqual(errorOf(only(people, long)).head.length, 16)
  })

  it("that are fatal when bad end the stream", () => {
    const decoder = Typed.make(lines, Schema.Int, { onInvalid: "fatal" }).decoder()
    const found = decoder.push(utf8("1\nx\n2\n"))
    assert.deepStrictEqual(
      found.map((one) => (isFrameError(one) ? one.fatal : one)),
      [1, true]
    )
    assert.isTrue(decoder.closed)
  })

  it("that refer to themselves may be nested too deeply, which is no defect", () => {
    interface Chain {
      readonly next?: Chain
    }
    const Chain = Schema.Struct({ next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Chain> => Chain)) })
    const deep = `${'{"next":'.repeat(50_000)}{}${"}".repeat(50_000)}`
    assert.deepStrictEqual(complaint(Typed.make(lines, Chain), deep), ["message at byte 0 is nested too deeply", []])
    let chain: Chain = {}
    for (let depth = 0; depth < 50_000; depth++) chain = { next: chain }
    const refused = errorOf(Typed.make(lines, Chain).encoder().encode(chain))
    assert.strictEqual(refused.message, "message to encode is nested too deeply")
  })

  it("P6 of one schema in and another out", () => {
    const codec = Typed.make(lines, {
      in: Schema.Struct({ add: Schema.Array(Schema.Finite) }),
      out: Schema.Struct({ sum: Schema.Finite })
    })
    assert.deepStrictEqual(only(codec, '{"add":[1,2]}'), { add: [1, 2] })
    assert.strictEqual(encodedText(codec.encoder().encode({ sum: 3 })), '{"sum":3}\n')
  })

  it("have values that JSON has not", () => {
    const schema = Schema.Struct({
      at: Schema.Date,
      big: Schema.BigInt,
      bytes: Schema.Uint8Array,
      nan: Schema.Number,
      tags: Schema.ReadonlySet(Schema.String),
      none: Schema.UndefinedOr(Schema.String)
    })
    const message = {
      at: new Date(0),
      big: 2n ** 70n,
      bytes: Uint8Array.of(1, 2),
      nan: Number.NaN,
      tags: new Set(["a"]),
      none: undefined
    }
    const codec = Typed.make(MappedCodec.text(LengthPrefixed.u32be()), schema)
    const encoded = codec.encoder().encode(message)
    assert.deepStrictEqual(isFrameError(encoded) ? encoded.message : codec.decoder().push(encoded), [message])
  })

  it("are encoded to nothing when they are bad", () => {
    const encoder = people.encoder()
    const refused = errorOf(encoder.encode({ name: "A", age: -1 }))
    assert.deepStrictEqual(
      [refused.kind, refused.position, refused.fatal, refused.path],
      ["invalid_message", 0, false, ["age"]]
    )
    assert.strictEqual(refused.message, "message to encode: age is -1, allowed: a value between 0 and 150")
    const batch = errorOf(
      encoder.encodeAll([
        { name: "A", age: 1 },
        { name: "B", age: 999 }
      ])
    )
    assert.deepStrictEqual([batch.frame, batch.path], [1, ["age"]])
    const both = encoder.encodeAll([
      { name: "A", age: 1 },
      { name: "B", age: 2 }
    ])
    const text = '{"name":"A","age":1}\n{"name":"B","age":2}\n'
    assert.strictEqual(isFrameError(both) ? both.message : textOf(concat(both)), text)
    const anything = Typed.make(lines, Schema.Unknown).encoder()
    assert.strictEqual(errorOf(anything.encode(undefined)).kind, "invalid_message")
    assert.strictEqual(errorOf(anything.encode(1n)).kind, "invalid_message")
  })

  it("that one frame cannot hold are the codec's own error", () => {
    const short = Typed.make(Line.make({ encoding: "utf8", maxLength: 5 }), Schema.String)
    assert.strictEqual(errorOf(short.encoder().encode("123456")).kind, "frame_too_long")
    const [error] = short.decoder().push(utf8('"123456"\n'))
    assert.strictEqual(errorOf(error).kind, "frame_too_long")
  })
})

describe("secrets", () => {
  const secret = "hunter2-and-more"
  const Login = Schema.Struct({
    user: Schema.Struct({ password: Schema.Redacted(Schema.String.check(Schema.isMinLength(20))) }),
    tries: Schema.Int.check(Schema.makeFilter((n: number) => n > 0 || `not ${n}`))
  })
  const logins = Typed.make(Line.make({ encoding: "utf8", maxLength: 80 }), Login, { onExcessProperty: "error" })

  it("do not leak, whatever is wrong and wherever they stand", () => {
    for (const message of [
      { user: { password: secret }, tries: 1 },
      { user: { password: [secret] }, tries: 1 },
      { user: { password: { [1]: secret } }, tries: 1 },
      { user: secret, tries: 1 },
      { user: { password: `${secret}-0123456789` }, tries: secret },
      { user: { password: `${secret}-0123456789`, passwort: secret }, tries: 1 },
      { user: { password: `${secret}-0123456789` }, tries: -7 },
      secret,
      [secret],
      { user: { password: `${secret}${"-".repeat(80)}` }, tries: 1 }
    ]) {
      const error = errorOf(only(logins, JSON.stringify(message)))
      const all = JSON.stringify([error, textOf(error.head)])
      for (let at = 0; at + 4 <= secret.length; at++) assert.notInclude(all, secret.slice(at, at + 4))
      assert.strictEqual(error.head.length, 0)
    }
    assert.strictEqual(errorOf(only(logins, secret)).message, "message at byte 0 is not JSON")
    const truncated = logins.decoder()
    truncated.feed(utf8(secret))
    assert.strictEqual(errorOf(truncated.end()[0]).head.length, 0)
  })

  it("do not leak from the encoder, nor from a schema that makes them of plain values", () => {
    const password = Redacted.make(secret)
    const refused = errorOf(logins.encoder().encode({ user: { password }, tries: 1 }))
    assert.deepStrictEqual(refused.path?.slice(0, 2), ["user", "password"])
    assert.notInclude(JSON.stringify(refused), "unter")
    const tooLong = { user: { password: Redacted.make(`${secret}${"-".repeat(80)}`) }, tries: 1 }
    for (const encoded of [logins.encoder().encode(tooLong), logins.encoder().encodeAll([tooLong])]) {
      assert.deepStrictEqual(isFrameError(encoded) && [encoded.kind, encoded.head.length], ["frame_too_long", 0])
    }
    const quoting = Schema.String.check(Schema.makeFilter((s: string) => `weak: ${s}`))
    class Key extends Schema.Class<Key>("Key")({ key: Schema.Redacted(quoting) }) {}
    for (const schema of [Schema.Struct({ key: Schema.Redacted(quoting) }), Key, Schema.Array(Key)] as const) {
      const message = { key: secret }
      const line = JSON.stringify(schema.ast._tag === "Arrays" ? [message] : message)
      const error = errorOf(only(Typed.make<typeof schema>(lines, schema), line))
      assert.match(error.message, /key is a string, allowed: a valid value$/)
      assert.strictEqual(error.head.length, 0)
    }
    const Opened = Schema.Redacted(Schema.String).pipe(
      Schema.decodeTo(
        Schema.String.check(Schema.isMinLength(20)),
        SchemaTransformation.transform({
          decode: (sealed: Redacted.Redacted) => Redacted.value(sealed),
          encode: (open: string) => Redacted.make(open)
        })
      )
    )
    const opened = Typed.make(lines, Opened)
    for (const error of [errorOf(only(opened, JSON.stringify(secret))), errorOf(opened.encoder().encode(secret))]) {
      assert.match(error.message, / is a string, allowed: a value with a length of at least 20$/)
    }
    const FromPlain = Schema.Struct({ key: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(20))) })
    const error = errorOf(only(Typed.make(lines, FromPlain), `{"key":"${secret}"}`))
    assert.strictEqual(
      error.message,
      "message at byte 0: key is a string, allowed: a value with a length of at least 20"
    )
    assert.strictEqual(error.head.length, 0)
  })

  it("survive the way", () => {
    const password = Redacted.make("long enough to be a password")
    const message = { user: { password }, tries: 1 }
    const encoded = logins.encoder().encode(message)
    if (isFrameError(encoded)) return assert.fail(encoded.message)
    const [found] = logins.decoder().push(encoded)
    if (found === undefined || isFrameError(found)) return assert.fail("no message")
    assert.strictEqual(Redacted.value(found.user.password), "long enough to be a password")
  })
})

describe("a schema of the frame itself", () => {
  it("reads frames of text and of bytes", () => {
    const numbers = Typed.direct(lines, Schema.FiniteFromString)
    assert.strictEqual(only(numbers, "42"), 42)
    assert.deepStrictEqual(complaint(numbers, "x"), ['message at byte 0 is "x", allowed: a finite number', []])
    assert.strictEqual(encodedText(numbers.encoder().encode(42)), "42\n")
    const versions = Typed.direct(LengthPrefixed.u8(), {
      in: Schema.Uint8Array.check(Schema.isMinLength(2)),
      out: Schema.Uint8Array
    })
    const [short, fine] = versions.decoder().push(Uint8Array.of(1, 7, 2, 8, 9))
    assert.strictEqual(
      errorOf(short).message,
      "message at byte 0 is 1 byte, allowed: a value with a length of at least 2"
    )
    assert.deepStrictEqual(fine, Uint8Array.of(8, 9))
    assert.match(numbers.explain(), /Each is a message\./)
  })
})

describe("what cannot be a typed codec", () => {
  it("says so: options, asynchronous schemas, undefined", () => {
    const wrong = Typed.tryMake(lines, Schema.Int, { onInvalid: "skip" } as unknown as Typed.TypedOptions)
    assert.match(
      wrong instanceof InvalidCodecOptions ? wrong.message : "",
      /^typed codec: onInvalid is "skip", allowed: "discard" or "fatal"$/
    )
    assert.throws(() => Typed.direct(lines, Schema.String, { more: 1 } as Typed.TypedOptions), /no such option/)
    const later = Schema.String.pipe(
      Schema.decodeTo(
        Schema.String,
        SchemaTransformation.transformEffect({
          decode: (s: string) => Effect.as(Effect.never, s),
          encode: (s: string) => Effect.succeed(s)
        })
      )
    )
    assert.throws(() => only(Typed.make(lines, later), '"x"'), /a codec cannot wait/)
    // @ts-expect-error a decoder's `next` could not tell such a message from none
    const optional = Typed.make(lines, Schema.UndefinedOr(Schema.String))
    assert.match(complaint(optional, "null")[0], /undefined, which no frame can be/)
    // @ts-expect-error the schema needs a service
    Typed.make(lines, Schema.String as Schema.Codec<string, string, "service">)
    // @ts-expect-error frames of bytes are no text
    Typed.make(LengthPrefixed.u8(), Schema.String)
    // @ts-expect-error the schema reads numbers, not lines
    Typed.direct(lines, Schema.Int)
  })

  it("a transformation that throws is a defect, not the peer's mistake", () => {
    const broken = Schema.String.pipe(
      Schema.decodeTo(
        Schema.String,
        SchemaTransformation.transform({
          decode: (): string => {
            throw new TypeError("broken")
          },
          encode: (s: string) => s
        })
      )
    )
    assert.throws(() => only(Typed.make(lines, broken), '"x"'), TypeError)
  })
})
