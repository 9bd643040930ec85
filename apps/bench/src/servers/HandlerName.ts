/**
 * The ways to write a handler that are compared.
 */
export const handlerNames = ["succeed", "sync", "fnUntraced", "gen", "sleep"] as const

export type HandlerName = (typeof handlerNames)[number]

export const isHandlerName = (name: string): name is HandlerName => handlerNames.some((known) => known === name)
