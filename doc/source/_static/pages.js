// Labels the cells of each table with the headings of their columns. On
// phones, pages.css shows a row as a card, without the heading of the table.
document.addEventListener('DOMContentLoaded', () => {
  for (const table of document.querySelectorAll('table.docutils')) {
    const headings = [...table.querySelectorAll('thead tr:last-child th')];
    for (const row of table.tBodies[0]?.rows ?? []) {
      if (row.cells.length !== headings.length) {
        continue;
      }
      headings.forEach((heading, column) => {
        row.cells[column].dataset.label = heading.textContent.trim();
      });
    }
  }
});
