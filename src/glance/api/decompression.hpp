// Bytes as they were before somebody compressed them.
#pragma once

#include <memory>
#include <string_view>

#include "platform/http/message.hpp"

namespace glance::api {

enum class Compression { none, gzip, xz, zstd };

// So many bytes tell.
inline constexpr size_t kCompressionHead = 6;
[[nodiscard]] Compression compression_of(std::string_view head);

// `compression` is not none. Reads in constant memory: what would need more than 128 MiB to be
// decompressed is refused. Several members behind each other, and zeroes between them, count as
// one stream. Error(bad_request) for damaged or cut off data. How much comes out is for the
// reader's owner to bound.
[[nodiscard]] std::unique_ptr<platform::http::BodyReader> make_decompressing_reader(
    std::shared_ptr<platform::http::BodyReader> body, Compression compression);

}  // namespace glance::api
