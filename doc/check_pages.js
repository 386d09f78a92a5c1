// SPDX-License-Identifier: Apache-2.0

// Returns what is wrong with this page at its present width and colours:
// a list of sentences. check_pages.py runs it.

// Colours of text and background must differ by this much (WCAG 2.2, AA).
const CONTRAST = 4.5;
const CONTRAST_OF_LARGE_TEXT = 3;

// A column of a table with fewer characters in a line is too narrow.
const NARROWEST = 8;

const problems = new Set();

function describe(element) {
  const text = element.textContent.trim().replace(/\s+/g, ' ').slice(0, 40);
  const classes = [...element.classList].map(name => '.' + name).join('');
  return `<${element.localName}${classes}> "${text}"`;
}

function scrolls(element) {
  return getComputedStyle(element).overflowX !== 'visible';
}

function checkOverflow() {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) {
    return;
  }
  problems.add(`is ${root.scrollWidth} wide on ${root.clientWidth} pixels`);
  for (const element of document.body.querySelectorAll('*')) {
    if (element.getBoundingClientRect().right <= root.clientWidth + 1) {
      continue;
    }
    let outer = element.parentElement;
    while (outer !== document.body && !scrolls(outer)) {
      outer = outer.parentElement;
    }
    if (outer === document.body) {
      problems.add(`sticks out: ${describe(element)}`);
    }
  }
}

// The texts on the page that can be seen, with their elements.
function* texts(top) {
  const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const element = text.parentElement;
    if (text.data.trim() && element.checkVisibility(
        {opacityProperty: true, visibilityProperty: true})) {
      yield [text, element];
    }
  }
}

// A cell is too narrow if it breaks a short word, or has many lines of few
// characters.
function checkTables() {
  const range = document.createRange();
  for (const cell of document.querySelectorAll('caption, td, th')) {
    for (const [text, element] of texts(cell)) {
      for (const word of text.data.matchAll(/\w{2,12}/g)) {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const tops = new Set(
          [...range.getClientRects()].map(box => Math.round(box.top)));
        if (tops.size > 1) {
          problems.add(`breaks "${word[0]}" in ${describe(cell)}`);
        }
      }
      range.selectNodeContents(text);
      const size = parseFloat(getComputedStyle(element).fontSize);
      const lines = range.getBoundingClientRect().height / (1.2 * size);
      if (lines > 4 && text.data.length / lines < NARROWEST) {
        problems.add(`has a narrow column: ${describe(cell)}`);
      }
    }
  }
}

const canvas = new OffscreenCanvas(1, 1).getContext(
  '2d', {willReadFrequently: true});
const parsed = new Map();

// Returns [red, green, blue, opacity] of a CSS colour, from 0 to 1.
function parse(color) {
  if (!parsed.has(color)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    parsed.set(color, [...canvas.getImageData(0, 0, 1, 1).data].map(
      part => part / 255));
  }
  return parsed.get(color);
}

function over(front, back) {
  const opacity = front[3];
  return [0, 1, 2].map(
    part => front[part] * opacity + back[part] * (1 - opacity)).concat(1);
}

function backgroundOf(element) {
  const layers = [];
  for (let each = element; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    if (style.backgroundImage !== 'none') {
      return null;
    }
    layers.push(parse(style.backgroundColor));
    if (layers.at(-1)[3] === 1) {
      break;
    }
  }
  return layers.reduceRight((back, front) => over(front, back), [1, 1, 1, 1]);
}

function luminance(color) {
  const [red, green, blue] = color.slice(0, 3).map(part => (
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function checkColors() {
  for (const [, element] of texts(document.body)) {
    const back = backgroundOf(element);
    const style = getComputedStyle(element);
    if (!back || parseFloat(style.fontSize) < 1) {
      continue;
    }
    const large = parseFloat(style.fontSize) >= 24 || (
      parseFloat(style.fontSize) >= 18.5 && style.fontWeight >= 700);
    const found = contrast(over(parse(style.color), back), back);
    if (found < (large ? CONTRAST_OF_LARGE_TEXT : CONTRAST)) {
      problems.add(`has a contrast of ${found.toFixed(1)}: ` +
                   describe(element));
    }
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  if (dark !== luminance(backgroundOf(document.body)) < 0.2) {
    problems.add(`is not ${dark ? 'dark' : 'light'}`);
  }
}

// The colours of links change slowly.
document.getAnimations().forEach(animation => animation.finish());
checkOverflow();
checkTables();
checkColors();
return [...problems];
