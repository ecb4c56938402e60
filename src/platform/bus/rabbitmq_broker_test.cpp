#include "platform/bus/rabbitmq_broker.hpp"

namespace platform::rabbitmq {
namespace {

constexpr const char* kVariable = "NEPHELE_TEST_BROKER";

class SharedBroker final : public testing::Environment {
 public:
  PrivateBroker* get() {
    if (broker_ != nullptr) return broker_.get();
    // NOLINTBEGIN(concurrency-mt-unsafe): tests run one after the other
    if (const char* directory = std::getenv(kVariable)) {
      broker_ = std::make_unique<PrivateBroker>(directory);
    } else {
      broker_ = std::make_unique<PrivateBroker>();
      broker_->start();
      // For the processes of death tests.
      ::setenv(kVariable, broker_->directory().c_str(), 1);
    }
    // NOLINTEND(concurrency-mt-unsafe)
    return broker_.get();
  }
  void TearDown() override { broker_.reset(); }

 private:
  std::unique_ptr<PrivateBroker> broker_;
};

// GoogleTest owns it.
SharedBroker* const kShared = [] {
  auto* shared = new SharedBroker;
  testing::AddGlobalTestEnvironment(shared);
  return shared;
}();

}  // namespace

PrivateBroker* shared_broker() { return PrivateBroker::is_installed() ? kShared->get() : nullptr; }

}  // namespace platform::rabbitmq
