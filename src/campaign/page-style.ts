/** As the viewer looks: its colours, in light and dark. */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f7f6f3, #14161b);
  --panel: light-dark(#ffffff, #1b1e25);
  --line: light-dark(#dcd8d0, #323845);
  --faint: light-dark(#ece9e3, #262b35);
  --text: light-dark(#1d2026, #e7e9ee);
  --muted: light-dark(#5d6270, #a0a7b6);
  --accent: light-dark(#2b59c3, #8fb0ff);
  --bad: light-dark(#b3261e, #ff9b90);
  --good: light-dark(#176b3a, #79d69d);
  font: 14px / 1.45 system-ui, "Segoe UI", "Noto Sans", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); }
header { padding: 16px 24px; border-bottom: 1px solid var(--line); background: var(--panel); }
h1 { margin: 0; font-size: 18px; }
h2 { font-size: 15px; margin: 24px 0 8px; }
#status { margin: 2px 0 0; color: var(--muted); }
main { padding: 8px 24px 48px; max-width: 1200px; }
dl { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0 0; }
dl div { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 8px 14px; }
dt { color: var(--muted); }
dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--panel); border: 1px solid var(--line); }
th, td { text-align: start; padding: 5px 10px; border-bottom: 1px solid var(--faint); }
th { color: var(--muted); font-weight: 500; }
td.number { text-align: end; font-variant-numeric: tabular-nums; }
.bar { fill: var(--accent); }
.bad { color: var(--bad); }
.good { color: var(--good); }
.muted { color: var(--muted); }
details { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; margin: 0 0 8px; }
summary { padding: 8px 12px; cursor: pointer; overflow-wrap: anywhere; }
details pre { margin: 0; padding: 12px; border-top: 1px solid var(--faint); overflow-x: auto;
  font: 12px / 1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
details p { margin: 0; padding: 0 12px 10px; }
a { color: var(--accent); }
svg { width: 100%; height: 80px; background: var(--panel); border: 1px solid var(--line); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 700px) { main, header { padding-inline: 12px; } }
`;
