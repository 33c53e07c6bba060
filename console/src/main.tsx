import './fonts.css'
import './styles'
import './app.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { Router } from 'wouter'
import { cache } from './api/cache'
import { CONSOLE } from './api/place'
import { App } from './frame/App'
import { preload } from './frame/pages'
import { theme, variables } from './theme'

preload()
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={cache}>
        <Router base={CONSOLE}>
          <App />
        </Router>
        <Notifications position="bottom-right" limit={4} aria-live="polite" />
      </QueryClientProvider>
    </MantineProvider>,
  )
}
