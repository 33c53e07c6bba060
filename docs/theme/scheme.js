// Before the page is drawn: light or dark as chosen here, else as chosen in the console, else as the system has it.
document.body.dataset.theme =
  localStorage.getItem('theme') || localStorage.getItem('mantine-color-scheme-value') || 'auto'
