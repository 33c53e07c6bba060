/** The one box in which a list is filtered: terms are typed, words and names proposed. It acts on Enter, on what is
 *  chosen, and when the typing of plain text pauses. `/` puts the cursor here. */
import { CloseButton, Combobox, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { Worded } from './basics'
import { type Proposal, proposals, termsOf, type Word } from './filter'

type Props = {
  value: string
  onChange: (value: string) => void
  words: readonly Word[]
  /** The names there are of a kind of object. */
  names: (kind: string) => string[]
  says: (word: Word, isNot: boolean) => string
  placeholder: string
  error?: string
}

const PAUSE_MS = 350

export function FilterBox({ value, onChange, words, names, says, placeholder, error }: Props) {
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() })
  useEffect(() => {
    if (value !== seen) {
      setSeen(value)
      setText(value)
    }
  }, [value, seen])
  const act = (next: string) => {
    paused.cancel()
    setSeen(next.trim())
    onChange(next.trim())
  }
  const paused = useDebouncedCallback((next: string) => {
    const last = termsOf(next).at(-1)
    if (!last?.word && !last?.minus) act(next)
  }, PAUSE_MS)
  const write = (next: string) => {
    setText(next)
    box.resetSelectedOption()
    box.openDropdown()
    paused(next)
  }
  const found = proposals(text, words, names, says)
  const choose = (chosen: Proposal) => {
    box.resetSelectedOption()
    setText(chosen.isWhole ? `${chosen.text} ` : chosen.text)
    paused.cancel()
    if (!chosen.isWhole) return
    act(chosen.text)
    box.closeDropdown()
  }
  return (
    <Combobox
      store={box}
      shadow="md"
      onOptionSubmit={index => {
        const chosen = found[Number(index)]
        if (chosen) choose(chosen)
      }}
    >
      <Combobox.Target>
        <TextInput
          className="filter"
          label="Filter"
          placeholder={placeholder}
          value={text}
          error={error && <Worded text={error} />}
          data-filter
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          onFocus={() => box.openDropdown()}
          onClick={() => box.openDropdown()}
          onBlur={() => {
            box.closeDropdown()
            if (text.trim() !== value) act(text)
          }}
          onChange={event => write(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter' || box.getSelectedOptionIndex() >= 0) return
            act(text)
            box.closeDropdown()
          }}
          rightSection={
            text && (
              <CloseButton
                size="xs"
                aria-label="Clear the filter"
                onMouseDown={event => event.preventDefault()}
                onClick={() => {
                  setText('')
                  act('')
                }}
              />
            )
          }
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={found.length === 0}>
        <Combobox.Options mah={320} style={{ overflowY: 'auto' }} aria-label="Proposals">
          {found.map((one, index) => (
            <Combobox.Option key={one.text} value={String(index)}>
              <span className={`mono ${one.note && 'word'}`}>{one.shown}</span> <span className="dim">{one.note}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
