// Fingers and keyboards on the screen: a swipe moves the drawer, the keyboard covers nothing, and the day floats over
// the log only while it is scrolled.

import { SECOND } from '../basics.js';
import { $ } from '../dom.js';
import { swipeOf } from '../gestures.js';

/** From here the browser's own gesture goes back. */
const EDGE = 20;

/** Returns whether something around a node can be scrolled sideways, such as code. */
function isScrolledSideways(node) {
  for (let at = node; at instanceof Element && at !== document.body; at = at.parentNode) {
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
  }
  return false;
}

function listenToSwipes(sidebar, on) {
  let began = null;
  on($('chat'), 'touchstart', ({ touches, target, timeStamp }) => {
    const [{ clientX: x, clientY: y }] = touches;
    const isOther = touches.length > 1 || x < EDGE || x > innerWidth - EDGE || isScrolledSideways(target);
    began = isOther ? null : { x, y, at: timeStamp };
  }, { passive: true });
  on($('chat'), 'touchcancel', () => { began = null; });
  on($('chat'), 'touchend', ({ changedTouches: [{ clientX, clientY }], timeStamp }) => {
    if (!began || !getSelection().isCollapsed) return;
    const swipe = swipeOf({ x: clientX - began.x, y: clientY - began.y, ms: timeStamp - began.at });
    began = null;
    if (swipe) sidebar.toggle(swipe === 'right');
  });
}

/** Keeps the chat above the keyboard in browsers that lay it over the page. */
function fitToKeyboard(on) {
  const screen = window.visualViewport;
  if (!screen) return;
  on(screen, 'resize', () => {
    const isCovered = screen.scale === 1 && screen.height < innerHeight - 1;
    document.documentElement.style.setProperty('--seen', isCovered ? `${screen.height}px` : '100dvh');
    if (isCovered) window.scrollTo(0, 0);
  });
}

export function listenToTouch(sidebar, signal) {
  const on = (target, event, does, options) => target.addEventListener(event, does, { signal, ...options });
  listenToSwipes(sidebar, on);
  fitToKeyboard(on);
  // The keyboard stays for the next message.
  on($('send'), 'mousedown', (event) => event.preventDefault());
  let timer;
  on($('log'), 'scroll', () => {
    $('log').classList.add('scrolling');
    clearTimeout(timer);
    timer = setTimeout(() => $('log').classList.remove('scrolling'), SECOND);
  }, { passive: true });
}
