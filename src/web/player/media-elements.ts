import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-volume-range.js';
import 'media-chrome/dist/media-live-button.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-time-display.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-chrome-button.js';
import 'media-chrome/dist/media-loading-indicator.js';
import 'media-chrome/dist/menu/media-settings-menu.js';
import 'media-chrome/dist/menu/media-settings-menu-button.js';
import 'media-chrome/dist/menu/media-chrome-menu-item.js';
import type { MediaController } from 'media-chrome';
import type { MediaChromeMenu } from 'media-chrome/menu';
import { useEffect, type DetailedHTMLProps, type HTMLAttributes, type RefObject } from 'react';

// The elements by name, not by media-chrome's React wrappers: those bring all of its sixty elements along.

/** A custom element in React 18: attributes in lower case, `class` instead of `className`. */
type MediaElement<Element extends HTMLElement = HTMLElement> = DetailedHTMLProps<HTMLAttributes<Element>, Element> & {
  class?: string;
  notooltip?: '';
};

declare module 'react' {
  interface HTMLAttributes<T> {
    /** On a child of media-controller: stays while the controls fade. */
    noautohide?: '';
  }

  namespace JSX {
    interface IntrinsicElements {
      'media-controller': MediaElement<MediaController> & {
        defaultstreamtype?: 'live' | 'on-demand';
        liveedgeoffset?: number;
        noautoseektolive?: '';
        hotkeys?: string;
      };
      'media-control-bar': MediaElement;
      'media-play-button': MediaElement;
      'media-mute-button': MediaElement;
      'media-volume-range': MediaElement;
      'media-live-button': MediaElement;
      'media-time-range': MediaElement;
      'media-time-display': MediaElement & { showduration?: '' };
      'media-pip-button': MediaElement;
      'media-fullscreen-button': MediaElement;
      'media-chrome-button': MediaElement;
      'media-loading-indicator': MediaElement;
      'media-settings-menu': MediaElement<MediaChromeMenu> & { anchor?: string };
      'media-settings-menu-button': MediaElement & { invoketarget?: string };
      'media-chrome-menu-item': MediaElement & { type?: 'radio'; value?: string; checked?: '' | undefined };
    }
  }
}

/** What is read out for an element: media-chrome gives it another name the moment it is on the page. */
export function useName(element: RefObject<HTMLElement>, name: string): void {
  useEffect(() => element.current?.setAttribute('aria-label', name), [element, name]);
}
