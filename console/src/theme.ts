/** Colours, type and density. One accent; green, amber and red mean a state and nothing else. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const accent: MantineColorsTuple = [
  '#eef3ff',
  '#dbe5fe',
  '#b8cbfc',
  '#90adf9',
  '#6d93f6',
  '#4f7cf0',
  '#2f63e6',
  '#1d4fd7',
  '#1742b8',
  '#123596',
]

/** Dark enough for white letters. */
const red: MantineColorsTuple = [
  '#fdecea',
  '#f9d0cc',
  '#f2a9a2',
  '#ea8078',
  '#e05d53',
  '#cf3f35',
  '#bd2d24',
  '#b3261e',
  '#8f1d17',
  '#6d1511',
]

/** Mantine's greys of the dark scheme: text first, the darkest ground last. */
const dark: MantineColorsTuple = [
  '#e4e8ee',
  '#c5ccd6',
  '#9aa5b4',
  '#6f7a89',
  '#3a4451',
  '#2c3541',
  '#1c222b',
  '#161b22',
  '#11161c',
  '#0c1015',
]

export const theme = createTheme({
  colors: { accent, dark, red },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 6,
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  headings: { fontFamily: '"Inter Variable", system-ui, sans-serif', fontWeight: '620' },
  respectReducedMotion: true,
  // no component is named here by import: those that a page needs are loaded with it
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', comboboxProps: { shadow: 'md' } } },
    Tooltip: { defaultProps: { openDelay: 250, fz: 'xs' } },
    Modal: { defaultProps: { transitionProps: { duration: 80 }, centered: true } },
    Drawer: {
      defaultProps: {
        position: 'right',
        transitionProps: { duration: 100 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
  },
})

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#161b22',
    '--mantine-color-dimmed': '#59626f',
    '--mantine-color-placeholder': '#687180',
    '--mantine-color-default-border': '#d5dae1',
    '--mantine-color-anchor': '#1742b8',
    '--mantine-color-error': '#b3261e',
  },
  dark: {
    '--mantine-color-body': '#161b22',
    '--mantine-color-text': '#e4e8ee',
    '--mantine-color-dimmed': '#9aa5b4',
    '--mantine-color-placeholder': '#8d98a7',
    '--mantine-color-default-border': '#323b47',
    '--mantine-color-anchor': '#90adf9',
    '--mantine-color-default': '#1c222b',
    '--mantine-color-default-hover': '#242c37',
    '--mantine-color-error': '#ff8f85',
  },
})

/** Lines of charts and pictures, in the order in which providers are seen; told apart in both schemes. */
export const SERIES = [
  '#3d6ff0',
  '#12a37f',
  '#d98309',
  '#a55be0',
  '#0e9fc4',
  '#e0559b',
  '#7f9a1c',
  '#ef6a45',
  '#6b7fd8',
  '#b08a5a',
]
