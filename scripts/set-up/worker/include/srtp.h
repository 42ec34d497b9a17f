// The calls of libsrtp 3 that mediasoup makes, on top of libsrtp 2, which is what distributions have.
#pragma once

#include <srtp2/srtp.h>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Only in libsrtp 3; here they are answered by nothing but the functions below.
constexpr srtp_err_status_t srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr srtp_err_status_t srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

namespace srtp_2_as_3
{
  // libsrtp 2 works in place: the packet is copied to where the answer belongs and changed there.
  // `room` is how many bytes the answer may have more than the packet.
  template<typename Work>
  inline srtp_err_status_t InPlace(
    const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t room, Work work)
  {
    if (*outLen < inLen + room)
    {
      return srtp_err_status_buffer_small;
    }

    if (out != in)
    {
      std::memcpy(out, in, inLen);
    }

    int len                        = static_cast<int>(inLen);
    const srtp_err_status_t status = work(out, &len);

    if (status == srtp_err_status_ok)
    {
      *outLen = static_cast<size_t>(len);
    }

    return status;
  }
} // namespace srtp_2_as_3

inline srtp_err_status_t srtp_protect(
  srtp_t ctx, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
  return srtp_2_as_3::InPlace(
    rtp, rtpLen, srtp, srtpLen, SRTP_MAX_TRAILER_LEN, [ctx](uint8_t* packet, int* len) {
      return srtp_protect(ctx, static_cast<void*>(packet), len);
    });
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t ctx, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
  return srtp_2_as_3::InPlace(srtp, srtpLen, rtp, rtpLen, 0, [ctx](uint8_t* packet, int* len) {
    return srtp_unprotect(ctx, static_cast<void*>(packet), len);
  });
}

// SRTCP carries an index of four bytes besides what SRTP adds (RFC 3711 §3.4).
inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t ctx, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
  return srtp_2_as_3::InPlace(
    rtcp, rtcpLen, srtcp, srtcpLen, SRTP_MAX_TRAILER_LEN + 4, [ctx](uint8_t* packet, int* len) {
      return srtp_protect_rtcp(ctx, static_cast<void*>(packet), len);
    });
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t ctx, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
  return srtp_2_as_3::InPlace(srtcp, srtcpLen, rtcp, rtcpLen, 0, [ctx](uint8_t* packet, int* len) {
    return srtp_unprotect_rtcp(ctx, static_cast<void*>(packet), len);
  });
}

inline srtp_err_status_t srtp_stream_remove(srtp_t ctx, uint32_t ssrc)
{
  return srtp_remove_stream(ctx, ssrc);
}
