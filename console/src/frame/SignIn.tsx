import { Button, Modal, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { connection, request } from '../api/client'
import { CONSOLE } from '../api/place'
import { Failure } from '../parts/basics'
import { sentence } from '../parts/sentences'

function Form({ username: known = '' }: { username?: string }) {
  const [username, setUsername] = useState(known)
  const [password, setPassword] = useState('')
  const client = useQueryClient()
  const isAway = useSyncExternalStore(connection.subscribe, connection.awaySince) !== null
  const login = useMutation({
    mutationFn: () => request('POST', '/auth/session', { body: { username, password } }),
    onSuccess: () => client.invalidateQueries(),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    login.mutate()
  }
  return (
    <form onSubmit={submit} className="form">
      <TextInput
        size="sm"
        label="User name"
        autoComplete="username"
        required
        value={username}
        onChange={event => setUsername(event.currentTarget.value)}
        data-autofocus={!known}
        autoFocus={!known}
      />
      <PasswordInput
        size="sm"
        label="Password"
        autoComplete="current-password"
        required
        value={password}
        onChange={event => setPassword(event.currentTarget.value)}
        data-autofocus={!!known}
        autoFocus={!!known}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      />
      <Failure error={login.error} />
      {isAway && <div className="warn">{sentence('away')}</div>}
      <Button type="submit" size="sm" loading={login.isPending}>
        Sign in
      </Button>
    </form>
  )
}

export const SignIn = () => (
  <main className="sign">
    <div className="panel sign-in">
      <h1 className="row">
        <img src={`${CONSOLE}/icon.svg`} alt="" width={28} height={28} /> Dialplane
      </h1>
      <Form />
    </div>
  </main>
)

/** Over the page that the viewer is on, so that nothing typed there is lost. */
export const SignInAgain = ({ username }: { username?: string }) => (
  <Modal opened onClose={() => undefined} withCloseButton={false} title={sentence('session_ended')} size="xs">
    <Form username={username} />
  </Modal>
)
