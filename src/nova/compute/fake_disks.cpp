#include "nova/compute/fake_disks.hpp"

namespace nova::compute {
namespace {

// The header of a qcow2 image (docs/interop/qcow2.txt of QEMU) of 1 MiB with nothing in it.
constexpr std::string_view kEmptyDisk(
    "QFI\xfb\0\0\0\x02"                   // version 2
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"  // no backing file; clusters of 64 KiB
    "\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0"  // its size; not encrypted, no level 1 table
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    104);

class FakeDisks final : public Disks {
 public:
  FakeDisks(std::shared_ptr<FakeDiskTable> table, std::function<void(const char*)> point)
      : table_(std::move(table)), point_(std::move(point)) {}

  void ensure(const ServerDescription& server, const std::string&) override {
    visit("disks.ensure");
    {
      const std::lock_guard lock(table_->mutex);
      table_->servers.insert(server.id);
    }
    visit("disks.ensure done");
  }

  void remove(const std::string& server_id) override {
    visit("disks.remove");
    {
      const std::lock_guard lock(table_->mutex);
      table_->servers.erase(server_id);
      table_->copies.erase(server_id);
    }
    visit("disks.remove done");
  }

  Media media_of(const std::string& server_id) const override {
    return {{{"/fake/" + server_id, "qcow2"}}, std::nullopt, std::nullopt};
  }

  RootCopy prepare_copy(const std::string& server_id) override {
    visit("disks.prepare_copy");
    const std::lock_guard lock(table_->mutex);
    table_->copies.insert(server_id);
    return {{"/fake/" + server_id, "qcow2"}, "/fake/" + server_id + ".copy"};
  }

  std::shared_ptr<platform::http::BodySource> read_copy(const std::string&) override {
    visit("disks.read_copy");
    auto source = std::make_shared<platform::http::BodySource>();
    source->length = kEmptyDisk.size();
    source->reader = platform::http::make_text_reader(std::string(kEmptyDisk));
    return source;
  }

  bool has_copy(const std::string& server_id) override {
    const std::lock_guard lock(table_->mutex);
    return table_->copies.contains(server_id);
  }

  void remove_copy(const std::string& server_id) override {
    visit("disks.remove_copy");
    {
      const std::lock_guard lock(table_->mutex);
      table_->copies.erase(server_id);
    }
    visit("disks.remove_copy done");
  }

  std::vector<std::string> list_servers() override {
    visit("disks.list_servers");
    const std::lock_guard lock(table_->mutex);
    return {table_->servers.begin(), table_->servers.end()};
  }

  int64_t total_gib() override { return table_->total_gib; }
  int64_t free_gib() override { return table_->total_gib; }

 private:
  void visit(const char* where) const {
    if (point_) point_(where);
  }
  std::shared_ptr<FakeDiskTable> table_;
  std::function<void(const char*)> point_;
};

}  // namespace

std::unique_ptr<Disks> make_fake_disks(std::shared_ptr<FakeDiskTable> table,
                                       std::function<void(const char*)> point) {
  return std::make_unique<FakeDisks>(std::move(table), std::move(point));
}

}  // namespace nova::compute
