#include "glance/api/data_intake.hpp"

#include <fmt/core.h>

#include <limits>
#include <span>
#include <vector>

#include "glance/api/digests.hpp"
#include "glance/formats/inspection.hpp"
#include "glance/storage_quota.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

constexpr size_t kPiece = 256U << 10;       // bytes
constexpr uint64_t kAskAgain = 256U << 20;  // bytes

// Fills it, unless the bytes end before.
std::string_view read_fully(platform::http::BodyReader& reader, std::span<char> room) {
  size_t size = 0;
  while (size < room.size()) {
    const size_t count = reader.read(room.data() + size, room.size() - size);
    if (count == 0) break;
    size += count;
  }
  return {room.data(), size};
}

// Writes what comes to the store, piece by piece: each is read into what `room` gives and shown to
// `look` before.
class Passage {
 public:
  Passage(const ImageApi& api, const Target& target, const StillWanted& still_wanted)
      : api_(api),
        still_wanted_(still_wanted),
        remaining_(target.remaining),
        writer_(target.store.start(target.name)) {}

  template <class Room, class Look>
  void pass(Source source, Room room, Look look) {
    require_storage_for(source.length.value_or(0));
    for (bool more = true; more;) {
      const std::span<char> space = room();
      const std::string_view piece = read_fully(source.reader, space);
      more = piece.size() == space.size();
      if (piece.empty()) break;
      count(piece.size());
      look(piece);
      writer_->write(piece);
    }
    if (source.length && *source.length != size_)
      throw Error(ErrorKind::bad_request, "The upload broke off before its Content-Length.");
  }
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] std::string commit() { return writer_->commit(); }

 private:
  void count(size_t more) {
    size_ += more;
    if (size_ > static_cast<uint64_t>(api_.size_cap))
      throw Error(
          ErrorKind::too_large,
          fmt::format("An image may have at most {} bytes (image_size_cap).", api_.size_cap));
    require_storage_for(size_);
    if (size_ - asked_ < kAskAgain) return;
    asked_ = size_;
    still_wanted_();
  }

  void require_storage_for(uint64_t size) const {
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    if (remaining_) require_remaining(static_cast<int64_t>(std::min(size, kMost)), *remaining_);
  }

  const ImageApi& api_;
  const StillWanted& still_wanted_;
  const std::optional<int64_t> remaining_;
  std::unique_ptr<drivers::ImageStore::Writer> writer_;
  uint64_t size_ = 0;
  uint64_t asked_ = 0;
};

}  // namespace

std::optional<int64_t> remaining_storage(const ImageApi& api, const openstack::Context& context,
                                         const Image& image) {
  if (api.quotas.storage == 0) return std::nullopt;
  return api.quotas.storage - api.registry(context, GetStorageUse{image.owner, image.id}).bytes;
}

StoredData take_in(const ImageApi& api, const Image& image, Source source, const Target& target,
                   const StillWanted& still_wanted, DigestTime digest_time) {
  Passage passage(api, target, still_wanted);
  formats::Inspection inspection(*image.disk_format, *image.container_format, api.format_rules);
  std::optional<Digests> digests;
  std::vector<char> room;
  if (digest_time == DigestTime::on_the_way)
    digests.emplace(api.runtime.executor);
  else
    room.resize(kPiece);
  passage.pass(
      source, [&] { return digests ? digests->room() : std::span<char>(room); },
      [&](std::string_view piece) {
        inspection.take(piece);
        if (digests) digests->take(piece.size());
      });
  const formats::Verdict verdict = inspection.finish();
  if (!verdict.warning.empty())
    platform::log_warning("image looks wrong image={} warning={}", image.id, verdict.warning);
  StoredData data;
  if (verdict.virtual_size) data.virtual_size = static_cast<int64_t>(*verdict.virtual_size);
  data.size = static_cast<int64_t>(passage.size());
  if (digests) {
    auto [md5, sha512] = digests->finish();
    data.checksum = std::move(md5);
    data.os_hash_value = std::move(sha512);
  }
  data.location = passage.commit();
  return data;
}

std::string take_in_unseen(const ImageApi& api, Source source, const Target& target,
                           const StillWanted& still_wanted) {
  Passage passage(api, target, still_wanted);
  std::vector<char> room(kPiece);
  passage.pass(source, [&] { return std::span<char>(room); }, [](std::string_view) {});
  return passage.commit();
}

}  // namespace glance::api
