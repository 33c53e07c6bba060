/** What is not made in TypeScript: sentences, and limits to judge by. Both come from Python's tables (src/api/tables.ts). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const WORDS_OF_A_LABEL = 4
const GENERATED = /^api\/(tables|forms|filters|countries|code)\.ts$|\.d\.ts$/
/** Units of figures and times are no limits. */
const UNITS = /^(parts\/figures|api\/time)\.ts$/
const NOT_READ = /^(className|style|styles|d|viewBox|href|path|id|key|fontFamily|font|fontFamilyMonospace)$/
const COMPARED = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
])

function isSentence(text) {
  const words = text.split(/\s+/).filter(word => /[a-z]{2}/i.test(word))
  return words.length > WORDS_OF_A_LABEL || /[a-z]{2}[.!?;]($|\s)/i.test(text.trim())
}

function textOf(node) {
  if (ts.isTemplateExpression(node))
    return [node.head, ...node.templateSpans.map(span => span.literal)].map(one => one.text).join('{}')
  return ts.isJsxText(node) || ts.isStringLiteralLike(node) ? node.text : ''
}

const isLimit = node => ts.isNumericLiteral(node) && !['0', '1'].includes(node.text)

function faultOf(node, name) {
  const text = textOf(node)
  if (text && isSentence(text)) return `a sentence: ${JSON.stringify(text.trim().replace(/\s+/g, ' '))}`
  const isCompared = ts.isBinaryExpression(node) && COMPARED.has(node.operatorToken.kind)
  if (isCompared && !UNITS.test(name) && (isLimit(node.left) || isLimit(node.right)))
    return `a limit: ${node.getText()}`
  return ''
}

function look(node, name, found) {
  const isHidden = (ts.isJsxAttribute(node) || ts.isPropertyAssignment(node)) && NOT_READ.test(node.name.getText())
  if (ts.isImportDeclaration(node) || isHidden) return
  const fault = faultOf(node, name)
  if (fault) found.push([node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1, fault])
  ts.forEachChild(node, child => look(child, name, found))
}

const source = process.argv[2] ?? ''
let faults = 0
for (const name of readdirSync(source, { recursive: true })) {
  if (!/\.tsx?$/.test(name) || GENERATED.test(name)) continue
  const text = readFileSync(join(source, name), 'utf8')
  const kind = name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const found = []
  look(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind), name, found)
  for (const [line, fault] of found) console.error(`${join(source, name)}:${line}: ${fault}`)
  faults += found.length
}
process.exit(faults ? 1 : 0)
