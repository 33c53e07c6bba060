import { Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { Refusal } from '../api/client'
import { CONSOLE } from '../api/place'
import { useMay, useMe } from '../api/queries'
import { Empty } from '../parts/basics'
import { sentence } from '../parts/sentences'
import { Frame } from './Frame'
import { PAGES } from './pages'
import { SignIn, SignInAgain } from './SignIn'

export function App() {
  const me = useMe()
  const may = useMay()
  const isOut = me.error instanceof Refusal && me.error.status === 401
  if (!me.data) return isOut ? <SignIn /> : <Before />
  return (
    <Frame>
      {isOut && <SignInAgain username={me.data.username} />}
      <Suspense fallback={<Waiting />}>
        <Switch>
          {PAGES.filter(({ needs }) => may(needs)).map(({ path, page: Page }) => (
            <Route key={path} path={path === '/' ? '/' : `${path}/*?`}>
              <Page />
            </Route>
          ))}
          <Route>
            <Empty title={sentence('no_such_page')}>
              <a href={`${CONSOLE}/`}>Overview</a>
            </Empty>
          </Route>
        </Switch>
      </Suspense>
    </Frame>
  )
}

/** What index.html draws before any of this is there. */
const Before = () => (
  <div className="shell">
    <header className="top">
      <span className="brand">
        <img src={`${CONSOLE}/icon.svg`} alt="" /> Dialplane
      </span>
    </header>
  </div>
)

const Waiting = () => <div className="progress" role="progressbar" aria-label="Loading" />
