/** Where a text stops being JSON: what engines say about it differs, and some say nothing. */
export const firstWrong = (text: string): number => {
  const token =
    /(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/y // oxlint-disable-line no-control-regex -- JSON refuses them
  const space = /[ \t\n\r]*/y
  const open: string[] = []
  // What may come: a value, the first item or the end, a key, a colon, or a comma or the end.
  let state: 'value' | 'first' | 'key' | 'firstKey' | 'colon' | 'after' | 'end' = 'value'
  for (let at = 0; ;) {
    space.lastIndex = at
    const start = at + space.exec(text)![0].length
    token.lastIndex = start
    const m = token.exec(text)
    if (m === null) return start
    const [, mark, string, scalar] = m
    const ends = mark === '}' || mark === ']'
    if (state === 'value' || (state === 'first' && mark !== ']')) {
      if (mark === '{' || mark === '[') {
        open.push(mark)
        state = mark === '{' ? 'firstKey' : 'first'
      } else if (string !== undefined || scalar !== undefined) state = open.length === 0 ? 'end' : 'after'
      else return start
    } else if ((state === 'key' || state === 'firstKey') && string !== undefined) state = 'colon'
    else if (state === 'colon' && mark === ':') state = 'value'
    else if (state === 'after' && mark === ',') state = open.at(-1) === '{' ? 'key' : 'value'
    else if (ends && state !== 'key' && state !== 'colon' && state !== 'end' && open.at(-1) === (mark === '}' ? '{' : '[')) {
      open.pop()
      state = open.length === 0 ? 'end' : 'after'
    } else return start
    at = token.lastIndex
  }
}
