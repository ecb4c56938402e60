#include "nova/compute/fake_disks.hpp"

namespace nova::compute {
namespace {

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
    }
    visit("disks.remove done");
  }

  Media media_of(const std::string& server_id) const override {
    return {{{"/fake/" + server_id, "qcow2"}}, std::nullopt};
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
