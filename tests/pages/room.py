"""What a page is looked over for in the browser; each answers what is wrong."""

CHECKS = """() => {
  const wrong = [];
  if (!document.documentElement.lang) wrong.push('no lang');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  let last = 0;
  for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) wrong.push(`heading jumps to ${h.tagName}: ${h.textContent.trim()}`);
    last = level;
  }
  for (const input of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
    if (!input.labels.length) wrong.push('no label: ' + input.name);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption) wrong.push('table without caption');
    for (const th of table.querySelectorAll('th')) if (!th.scope) wrong.push('th without scope');
  }
  for (const link of document.querySelectorAll('a,button'))
    if (!link.textContent.trim()) wrong.push('nothing to read in ' + link.outerHTML);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  for (const attribute of document.querySelectorAll('*'))
    for (const {name} of attribute.attributes)
      if (name.startsWith('on') || name === 'style') wrong.push('inline ' + name);
  return wrong;
}"""

TARGETS = """() => {
  const small = [];
  const pressed = 'button,select,input:not([type=hidden]),summary,nav a,.patient,.button';
  for (const e of document.querySelectorAll(pressed)) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.height < 24 || box.width < 24))
      small.push(`${e.tagName} ${e.textContent.trim().slice(0, 20)} ${box.width}x${box.height}`);
  }
  return small;
}"""

LOST = """() => {
  const lost = [];
  const pressed = 'a[href],button,select,textarea,summary,input:not([type=hidden])';
  const name = e => `${e.tagName} ${e.id || e.textContent.trim().slice(0, 30)}`;
  for (const e of document.querySelectorAll(pressed)) {
    if (e.closest('.skip') || e.closest('svg') || !e.getClientRects().length) continue;
    e.focus();
    const box = e.getClientRects()[0];
    if (box.left < -1 || box.right > innerWidth + 1) {
      lost.push(`off the screen: ${name(e)}`);
      continue;
    }
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
    const hit = document.elementFromPoint(x, y);
    if (!hit || !(e.contains(hit) || hit.contains(e))) lost.push(`covered: ${name(e)}`);
  }
  for (const e of document.querySelectorAll('main *')) {
    const style = getComputedStyle(e);
    if (e.matches('.unseen, svg *') || e.closest('.unseen, thead')) continue;
    if (['hidden', 'clip'].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1)
      lost.push(`cut off: ${name(e)}`);
  }
  return lost;
}"""
