// OpenSSL's bio.h, with a callback that answers what was asked.
#pragma once

#include_next <openssl/bio.h>
#include <cstddef>

// mediasoup's callback takes no answer for one unless it is of no operation in particular, and says 1 instead. An
// OpenSSL with kernel TLS, such as Debian's, asks the BIO whether the kernel encrypts, is told yes, makes no buffer to
// write to, and writes to it.
namespace bio_answers
{
  inline BIO_callback_fn_ex observer{ nullptr };

  inline long Answer(
    BIO* bio, int operation, const char* argp, size_t len, int argi, long argl, int ret, size_t* processed)
  {
    observer(bio, operation, argp, len, argi, argl, ret, processed);

    return (operation & BIO_CB_RETURN) != 0 ? static_cast<long>(ret) : 1;
  }

  inline void SetCallback(BIO* bio, BIO_callback_fn_ex callback)
  {
    observer = callback;
    BIO_set_callback_ex(bio, Answer);
  }
} // namespace bio_answers

#define BIO_set_callback_ex(bio, callback) bio_answers::SetCallback(bio, callback)
