import { type Drawing, escaped, svgOf } from './drawing.js';
import type { Report, ReportedCommit } from './report.js';
import { CLAIMS, HOW_TO_CHECK } from './report-text.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #d5dbe1; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
th { font-weight: 600; white-space: nowrap; } .commits td { border-top: 1px solid #e6eaee; } .commits { font-size: .9rem; }
code, .code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.says { color: #6b7785; overflow-wrap: anywhere; } svg { max-width: 100%; height: auto; }
@media print { body { margin: 0; } tr, svg { break-inside: avoid; } }
`;

export interface Pictures {
  life: Drawing;
  tree: Drawing;
}

/** One file that loads nothing and runs nothing. */
export function reportHtml({ title, facts, commits }: Report, { life, tree }: Pictures): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    `<table>${facts.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td><code>${escaped(value)}</code></td></tr>`).join('')}</table>`,
    `<h2>What this shows</h2><ul>${CLAIMS.map((claim) => `<li>${escaped(claim)}</li>`).join('')}</ul>`,
    `<h2>Its life</h2>${svgOf(life)}`,
    `<h2>How it is proven</h2><p>${escaped(HOW_TO_CHECK.tree)}</p>${svgOf(tree)}`,
    `<h2>All commits</h2><table class="commits"><thead><tr><th>Position</th><th>Time (UTC)</th><th>What</th></tr></thead><tbody>${commits.map(row).join('')}</tbody></table>`,
    `<h2>Check it yourself</h2><p>${escaped(HOW_TO_CHECK.tools)}</p>`,
    '</body></html>\n',
  ].join('\n');
}

const row = ({ position, at, version, command, actor, events }: ReportedCommit): string =>
  `<tr><td class="code">${escaped(position)}<br>v${version}</td><td class="code">${escaped(at.replace('T', ' ').replace('Z', ''))}</td><td>${events
    .map(({ name, says }) => `<b>${escaped(name)}</b> <span class="says">${escaped(says)}</span>`)
    .join('<br>')}<br><span class="says">${escaped(command)}, by ${escaped(actor)}</span></td></tr>`;
