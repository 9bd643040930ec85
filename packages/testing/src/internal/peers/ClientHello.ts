/**
 * The first bytes of a TLS client.
 *
 * @since 0.1.0
 */

const parts = [
  "1603010092", // record: handshake, 146 bytes
  "0100008e", // client hello, 142 bytes
  "0303", // "TLS 1.2", as every later version says here
  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", // random
  "00", // no session
  "000a130113021303c02bc02f", // five cipher suites
  "0100", // no compression
  "005b", // extensions
  "0000000e000c0000096c6f63616c686f7374", // server name: localhost
  "000a00060004001d0017", // groups: x25519, secp256r1
  "000d00080006040308040401", // signatures: ECDSA, RSA-PSS and RSA with SHA-256
  "002b00050403040303", // versions: 1.3, 1.2
  "003300260024001d00200900000000000000000000000000000000000000000000000000000000000000" // key share: the base point
]

/**
 * The record with which a TLS 1.3 client begins: well-formed, and the same every time.
 *
 * **When to use**
 *
 * With {@link slowHandshake} and {@link brokenHandshake}, whole, in pieces, or cut.
 *
 * **Limits**
 *
 * - Good for one flight: its key share belongs to no secret, so no handshake can be completed with it.
 *
 * @category handshakes
 * @source RFC 8446 §4.1.2, §5.1
 * @since 0.1.0
 */
export const clientHello: Uint8Array = Uint8Array.from(parts.join("").match(/../g) ?? [], (hex) =>
  Number.parseInt(hex, 16)
)
