#include "platform/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace platform::metrics {
namespace {

using namespace std::chrono_literals;

constexpr Description kAsked{"asked_total", "What was asked."};
constexpr Description kWaiting{"waiting", "What waits."};
constexpr Description kTook{"took_seconds", "What it took."};

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos || text.starts_with(line + "\n");
}

TEST(Metrics, writes_help_type_and_values_by_name) {
  Registry registry;
  registry.gauge(kWaiting).set(2.5);
  registry.counter(kAsked).add(3);

  EXPECT_EQ(registry.text(),
            "# HELP asked_total What was asked.\n# TYPE asked_total counter\nasked_total 3\n"
            "# HELP waiting What waits.\n# TYPE waiting gauge\nwaiting 2.5\n");
}

TEST(Metrics, gives_the_same_metric_for_the_same_labels) {
  Registry registry;
  registry.counter(kAsked, {{"service", "nova"}}).add();
  registry.counter(kAsked, {{"service", "nova"}}).add();
  registry.counter(kAsked, {{"service", "glance"}}).add();

  const std::string text = registry.text();
  EXPECT_TRUE(has_line(text, "asked_total{service=\"nova\"} 2"));
  EXPECT_TRUE(has_line(text, "asked_total{service=\"glance\"} 1"));
}

TEST(Metrics, buckets_of_a_histogram_are_cumulative) {
  Registry registry;
  Histogram& took = registry.histogram(kTook, {{"service", "nova"}});
  took.observe(1ms);  // on a bound: belongs to it
  took.observe(1500us);
  took.observe(2min);

  const std::string text = registry.text();
  EXPECT_TRUE(has_line(text, "took_seconds_bucket{service=\"nova\",le=\"0.0005\"} 0"));
  EXPECT_TRUE(has_line(text, "took_seconds_bucket{service=\"nova\",le=\"0.001\"} 1"));
  EXPECT_TRUE(has_line(text, "took_seconds_bucket{service=\"nova\",le=\"0.0025\"} 2"));
  EXPECT_TRUE(has_line(text, "took_seconds_bucket{service=\"nova\",le=\"60\"} 2"));
  EXPECT_TRUE(has_line(text, "took_seconds_bucket{service=\"nova\",le=\"+Inf\"} 3"));
  EXPECT_TRUE(has_line(text, "took_seconds_sum{service=\"nova\"} 120.0025"));
  EXPECT_TRUE(has_line(text, "took_seconds_count{service=\"nova\"} 3"));
}

TEST(Metrics, text_of_a_label_can_not_forge_a_line) {
  Registry registry;
  registry.counter(kAsked, {{"topic", "a\"} 1\nb\\"}}).add();

  EXPECT_TRUE(has_line(registry.text(), "asked_total{topic=\"a\\\"} 1\\nb\\\\\"} 1"));
}

TEST(Metrics, counts_from_many_threads_are_all_there) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) registry.counter(kAsked, {{"service", "nova"}}).add();
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(registry.counter(kAsked, {{"service", "nova"}}).value(), 4000U);
}

TEST(Metrics, another_type_or_other_labels_abort) {
  Registry registry;
  registry.counter(kAsked).add();
  EXPECT_DEATH(static_cast<void>(registry.gauge(kAsked)), "");
  EXPECT_DEATH(static_cast<void>(registry.counter(kAsked, {{"service", "nova"}})), "");
}

TEST(ProcessMetrics, say_what_the_kernel_says) {
  Registry registry;
  measure_process(registry);

  EXPECT_GT(registry.gauge({"process_resident_memory_bytes", ""}).value(), 1e6);
  EXPECT_GE(registry.gauge({"process_open_fds", ""}).value(), 3);
  EXPECT_GE(registry.gauge({"process_threads", ""}).value(), 1);
  const double started = registry.gauge({"process_start_time_seconds", ""}).value();
  const double now = static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  EXPECT_NEAR(started, now, 3600);
  EXPECT_TRUE(has_line(registry.text(), "# TYPE process_cpu_seconds_total counter"));
}

}  // namespace
}  // namespace platform::metrics
