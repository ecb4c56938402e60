// What every fuzz target of an image format checks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "glance/formats/inspection.hpp"

namespace fuzz {

// Nothing if the upload is refused.
inline std::optional<glance::formats::Verdict> inspect(std::string_view bytes,
                                                       const std::string& disk_format,
                                                       std::string_view container_format,
                                                       size_t piece) {
  try {
    glance::formats::Inspection inspection(disk_format, container_format);
    for (size_t at = 0; at < bytes.size(); at += piece) inspection.take(bytes.substr(at, piece));
    return inspection.finish();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::unsupported_media_type) std::abort();
    return std::nullopt;
  }
}

// What is accepted does not depend on how the bytes come, is of one kind only, and has a size that
// a disk can have.
inline void check_image(std::string_view bytes, const std::string& disk_format) {
  const auto whole = inspect(bytes, disk_format, "bare", std::max<size_t>(1, bytes.size()));
  const auto pieces = inspect(bytes, disk_format, "bare", bytes.size() > 65536 ? 4099 : 61);
  if (whole.has_value() != pieces.has_value()) std::abort();
  if (!whole) return;
  if (whole->virtual_size != pieces->virtual_size) std::abort();
  if (whole->virtual_size.value_or(0) > INT64_MAX) std::abort();
  const bool plain = disk_format == "raw" || disk_format == "ami" || disk_format == "gpt";
  if (!plain && inspect(bytes, "raw", "bare", bytes.size())) std::abort();
}

// Tables that lie far apart, from few bytes: sections of an offset (in KiB) and a length, 2 bytes
// each, and their bytes.
inline std::string spread(std::string_view data) {
  constexpr size_t kLargest = 2 << 20;
  std::string bytes;
  while (data.size() >= 4) {
    const auto number = [&](size_t at) {
      return static_cast<size_t>(static_cast<unsigned char>(data[at]) |
                                 static_cast<unsigned char>(data[at + 1]) << 8);
    };
    const size_t offset = (number(0) << 10) % kLargest;
    const std::string_view section = data.substr(4, number(2));
    data.remove_prefix(4 + section.size());
    if (bytes.size() < offset + section.size()) bytes.resize(offset + section.size(), '\0');
    std::copy(section.begin(), section.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return bytes;
}

}  // namespace fuzz
