/* utclong.c - ABAP's time stamp UTCLONG. */
#include "utclong.h"

#include <string.h>

enum { DATE_TIME_SEPARATOR = 10, FRACTION_SEPARATOR = 19 };

static int number_at(const char *text, int at, int digits)
{
    int value = 0;
    for (int i = at; i < at + digits; i++)
        value = 10 * value + text[i] - '0';
    return value;
}

static int days_in(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : DAYS[month - 1];
}

static bool is_moment(const char *text)
{
    int year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    return number_at(text, 11, 2) < 24 && number_at(text, 14, 2) < 60 && number_at(text, 17, 2) < 60;
}

bool utclong_parse(char out[UTCLONG_LENGTH], const char *text, size_t length)
{
    char form[UTCLONG_LENGTH];
    if (length != UTCLONG_LENGTH)
        return false;
    memcpy(form, text, UTCLONG_LENGTH);
    if (form[DATE_TIME_SEPARATOR] == ' ')
        form[DATE_TIME_SEPARATOR] = 'T';
    if (form[FRACTION_SEPARATOR] == '.')
        form[FRACTION_SEPARATOR] = ',';
    for (int i = 0; i < UTCLONG_LENGTH; i++) {
        bool digit_due = UTCLONG_INITIAL[i] == '0';
        bool digit = form[i] >= '0' && form[i] <= '9';
        if (digit_due ? !digit : form[i] != UTCLONG_INITIAL[i])
            return false;
    }
    if (memcmp(form, UTCLONG_INITIAL, UTCLONG_LENGTH) && !is_moment(form))
        return false;
    memcpy(out, form, UTCLONG_LENGTH);
    return true;
}
