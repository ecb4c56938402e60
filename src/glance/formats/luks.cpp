// LUKS On-Disk Format Specification, version 1: the one that QEMU reads.
#include <fmt/core.h>

#include "glance/formats/inspector.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kLuksMagic = "LUKS\xba\xbe";
constexpr size_t kLuksHeader = 592;

class LuksInspector final : public Inspector {
 public:
  std::string_view format() const override { return "luks"; }
  void take(uint64_t position, std::string_view bytes) override { header_.take(position, bytes); }
  bool matches() const override { return header_.bytes().starts_with(kLuksMagic); }
  bool complete() const override { return header_.complete(); }

  std::optional<uint64_t> check(uint64_t file_size) const override {
    const uint64_t version = big_endian(header_.bytes(), 6, 2);
    if (version != 1)
      refuse(fmt::format("LUKS version {} is not supported, only 1: make it with --type luks1.",
                         version));
    if (!complete()) refuse("The LUKS header is cut off: upload the whole file.");
    const uint64_t payload = big_endian(header_.bytes(), 104, 4) * 512;
    require_within(payload, 0, file_size);
    return file_size == kUnknownSize ? std::nullopt : std::optional(file_size - payload);
  }

 private:
  Region header_{0, kLuksHeader};
};

}  // namespace

InspectorPtr make_luks_inspector() { return std::make_unique<LuksInspector>(); }

}  // namespace glance::formats
