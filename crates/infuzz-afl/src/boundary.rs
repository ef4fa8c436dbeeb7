//! What AFL++ calls, see `custom_mutators` in its documentation: the only place with pointers.

use crate::{Mutator, TARGET_VARIABLE};
use std::ffi::{c_char, c_int, c_uint, c_void};

/// Bytes that AFL++ hands over.
///
/// # Safety
/// `data` is null or points to `size` bytes that stay as they are for the time of the call.
unsafe fn bytes<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if data.is_null() || size == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// The mutator behind the pointer that [`afl_custom_init`] gave away.
///
/// # Safety
/// `data` came from `afl_custom_init`, was not handed to `afl_custom_deinit`, and no other
/// reference made from it lives.
unsafe fn mutator<'a>(data: *mut c_void) -> &'a mut Mutator {
    // SAFETY: as the caller promises; it was a `Box<Mutator>`.
    unsafe { &mut *data.cast::<Mutator>() }
}

/// Sets the mutators up. Null, after saying why, if they cannot be: AFL++ then ends.
///
/// # Safety
/// May be called by AFL++ at any time; the state of AFL++ is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_init(_afl: *mut c_void, seed: c_uint) -> *mut c_void {
    let made = std::env::var(TARGET_VARIABLE)
        .map_err(|_| format!("set {TARGET_VARIABLE} to the name of the target"))
        .and_then(|name| Mutator::new(&name, u64::from(seed)));
    match made {
        Ok(mutator) => Box::into_raw(Box::new(mutator)).cast(),
        Err(why) => {
            eprintln!("infuzz: {why}");
            std::ptr::null_mut()
        }
    }
}

/// Changes an input; gives its new size, and where it stands until the next call.
///
/// # Safety
/// `data` is a mutator made by [`afl_custom_init`]; `buffer` and `other` point to as many bytes as
/// the sizes beside them say; `out` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_fuzz(
    data: *mut c_void,
    buffer: *const u8,
    size: usize,
    out: *mut *const u8,
    other: *const u8,
    other_size: usize,
    max_size: usize,
) -> usize {
    // SAFETY: AFL++ hands over what it got from `afl_custom_init`, one call at a time, and
    // buffers of these sizes that it leaves alone meanwhile.
    let (mutator, buffer, other) = unsafe { (mutator(data), bytes(buffer, size), bytes(other, other_size)) };
    let changed = mutator.fuzz(buffer, other, max_size);
    // SAFETY: AFL++ hands over the address of a pointer of its own.
    unsafe { out.write(changed.as_ptr()) };
    changed.len()
}

/// Begins to trim an input; gives the number of steps.
///
/// # Safety
/// As for [`afl_custom_fuzz`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_init_trim(data: *mut c_void, buffer: *const u8, size: usize) -> c_int {
    // SAFETY: as for `afl_custom_fuzz`.
    let (mutator, buffer) = unsafe { (mutator(data), bytes(buffer, size)) };
    mutator.begin_trim(buffer)
}

/// A smaller input to try; it stands until the next call.
///
/// # Safety
/// As for [`afl_custom_fuzz`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_trim(data: *mut c_void, out: *mut *const u8) -> usize {
    // SAFETY: as for `afl_custom_fuzz`.
    let mutator = unsafe { mutator(data) };
    let smaller = mutator.trim();
    // SAFETY: AFL++ hands over the address of a pointer of its own.
    unsafe { out.write(smaller.as_ptr()) };
    smaller.len()
}

/// Hears whether the smaller input shows the same; gives the number of steps done.
///
/// # Safety
/// As for [`afl_custom_fuzz`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_post_trim(data: *mut c_void, success: u8) -> c_int {
    // SAFETY: as for `afl_custom_fuzz`.
    unsafe { mutator(data) }.after_trim(success != 0)
}

/// What AFL++ shows of a mutation.
///
/// # Safety
/// May be called at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_describe(_data: *mut c_void, _max: usize) -> *const c_char {
    c"infuzz".as_ptr()
}

/// Ends the mutators.
///
/// # Safety
/// `data` came from [`afl_custom_init`] and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_deinit(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: it was made by `Box::into_raw` in `afl_custom_init` and is given up here.
        drop(unsafe { Box::from_raw(data.cast::<Mutator>()) });
    }
}
