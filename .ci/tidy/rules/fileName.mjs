// A file is named after its concept; these names say that it has none.
const rule = "file-name"
const banned = /(^|\/)(utils?|helpers?|misc)(\.test)?(\.ts|\/)/i

export const fileName = (source) =>
  banned.test(source.inner)
    ? [
        {
          path: source.path,
          line: 1,
          rule,
          message: "utils, helpers and misc are not allowed as names; name the file after its concept"
        }
      ]
    : []
